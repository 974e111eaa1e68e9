// The configuration files that a private Asterisk of the lab starts from: every application the
// project performs is loaded, nothing listens beyond the loopback, and the files that Signalbox
// renders are included when they are there. Any of them can be replaced by name.
export type FileOptions = {
  readonly folder: string;
  readonly runFolder: string;
  readonly modules: string;
  readonly sip: string;
  readonly ami: string;
  readonly chanSip: boolean;
  readonly rtpStart: number;
  readonly rtpEnd: number;
  readonly asteriskOptions: Readonly<Record<string, string>>;
  /** Whether there is a cdr_custom_signalbox.conf: 22 calls it an error to have the module and no mapping. */
  readonly callDetails: boolean;
};

// What would listen somewhere, log errors for want of a server, or take the place of a module that is
// used. autoload with a list of exceptions, since hand-picked load= lists break on hidden dependencies.
const UNUSED = `
app_adsiprog app_audiosocket app_stasis app_stasis_broadcast app_alarmreceiver app_dictate app_externalivr app_festival app_getcpeid app_ices app_image
app_jack app_minivm app_morsecode app_mp3 app_nbscat app_sla app_sms app_test app_url app_zapateller
app_voicemail_imap app_voicemail_odbc
cdr_adaptive_odbc cdr_manager cdr_odbc cdr_pgsql cdr_radius cdr_sqlite3_custom cdr_tds
cel_custom cel_manager cel_odbc cel_pgsql cel_radius cel_sqlite3_custom cel_tds
chan_alsa chan_audiosocket chan_console chan_dahdi chan_iax2 chan_mgcp chan_mobile chan_motif chan_ooh323
chan_oss chan_phone chan_skinny chan_unistim chan_vpb chan_websocket
func_odbc func_realtime
pbx_ael pbx_dundi pbx_lua pbx_realtime
res_ael_share res_aeap res_ari res_ari_applications res_ari_asterisk res_ari_bridges res_ari_channels
res_ari_device_states res_ari_endpoints res_ari_events res_ari_model res_ari_playbacks res_ari_recordings
res_ari_sounds res_audiosocket res_stasis_broadcast res_calendar res_calendar_caldav res_calendar_ews res_calendar_exchange
res_calendar_icalendar res_config_curl res_config_ldap res_config_odbc res_config_pgsql res_config_sqlite3
res_corosync res_fax res_fax_spandsp res_geolocation res_hep res_hep_pjsip res_hep_rtcp
res_http_media_cache res_http_post res_http_websocket res_odbc res_odbc_transaction res_phoneprov
res_pjsip_geolocation res_pjsip_phoneprov_provider res_pjsip_stir_shaken res_pjsip_transport_websocket
res_pktccops res_prometheus res_resolver_unbound res_smdi res_snmp res_speech_aeap res_stasis_test res_statsd
res_stir_shaken res_stun_monitor res_websocket_client res_xmpp`
  .trim()
  .split(/\s+/);

/** File name under etc/asterisk → text. */
export function defaultFiles(options: FileOptions): Record<string, string> {
  return {
    "asterisk.conf": asteriskConf(options),
    "modules.conf": modulesConf(options),
    "logger.conf": "[general]\ndateformat=%F %T.%3q\n[logfiles]\nfull => notice,warning,error,verbose\n",
    ...signalling(options),
    "manager.conf": managerConf(options.ami),
    "extensions.conf":
      "[general]\nstatic=yes\nwriteprotect=yes\nclearglobalvars=no\n\n" +
      "#tryinclude extensions_signalbox.conf\n#tryinclude extensions_lab.conf\n",
    "queues.conf":
      "[general]\npersistentmembers=no\nautofill=yes\nshared_lastcall=yes\n\n" +
      "#tryinclude queues_signalbox.conf\n#tryinclude queues_lab.conf\n",
    "voicemail.conf":
      "[general]\nformat=wav\nmaxsecs=120\nminsecs=1\nsendvoicemail=no\nmailcmd=/bin/true\n\n" +
      "#tryinclude voicemail_signalbox.conf\n#tryinclude voicemail_lab.conf\n",
    // Callers on hold hear real RTP (Local channels are optimised away only with media), but silence.
    "musiconhold.conf": `[default]\nmode=files\ndirectory=${options.folder}/data/moh\nsort=alpha\n`,
    "confbridge.conf":
      "[general]\n[default_bridge]\ntype=bridge\n[default_user]\ntype=user\nannounce_only_user=no\n" +
      "#tryinclude confbridge_lab.conf\n",
    "features.conf": "[general]\n[featuremap]\n[applicationmap]\n#tryinclude features_lab.conf\n",
    "res_parking.conf":
      "[general]\n[default]\nparkext => 700\nparkpos => 701-720\ncontext => parkedcalls\nparkingtime => 45\n",
    "rtp.conf": `[general]\nrtpstart=${options.rtpStart}\nrtpend=${options.rtpEnd}\nicesupport=no\n`,
    "indications.conf": INDICATIONS,
    "cdr.conf":
      "[general]\nenable=yes\nunanswered=yes\n[csv]\nusegmtime=yes\nloguniqueid=yes\nloguserfield=yes\naccountlogs=no\n",
    "cdr_custom.conf": "[mappings]\n#tryinclude cdr_custom_signalbox.conf\n",
    "cel.conf": "[general]\nenable=no\n",
    "http.conf": "[general]\nenabled=no\n",
    "udptl.conf": "[general]\n",
    "acl.conf": "",
    "ccss.conf": "[general]\n",
    "codecs.conf": "",
    "dnsmgr.conf": "[general]\nenable=no\n",
    "dsp.conf": "[default]\n",
    "cli_aliases.conf": "[general]\n",
    "cli_permissions.conf": "[general]\ndefault_perm=permit\n",
    "pjproject.conf": "",
    "pjsip_notify.conf": "",
    "followme.conf": "[general]\n",
    "agents.conf": "[general]\n",
    "amd.conf": "[general]\n",
    "stasis.conf": "",
    "sorcery.conf": "",
    "extconfig.conf": "[settings]\n",
    "queuerules.conf": "",
    "say.conf": "",
    "pjsip_wizard.conf": "",
  };
}

function asteriskConf(options: FileOptions): string {
  const { folder } = options;
  const extra = Object.entries(options.asteriskOptions).map(([key, value]) => `${key} = ${value}`);
  return `[directories]
astcachedir => ${folder}/cache
astetcdir => ${folder}/etc/asterisk
astmoddir => ${options.modules}
astvarlibdir => ${folder}/data
astdbdir => ${folder}/db
astkeydir => ${folder}/keys
astdatadir => ${folder}/data
astagidir => ${folder}/agi-bin
astspooldir => ${folder}/spool
astrundir => ${options.runFolder}
astlogdir => ${folder}/log
astsbindir => ${folder}/sbin

[options]
verbose = 3
hideconnect = yes
lockconfdir = no
; Otherwise made from a network card, and Asterisk complains where there is none.
entityid = 02:00:00:00:00:01
${extra.join("\n")}
`;
}

function modulesConf({ chanSip, callDetails }: FileOptions): string {
  const unused = [...UNUSED, chanSip ? "chan_pjsip" : "chan_sip", ...(callDetails ? [] : ["cdr_custom"])];
  const lines = unused.map((name) => `noload = ${name}.so`);
  return `[modules]\nautoload=yes\n${lines.join("\n")}\n`;
}

function signalling(options: FileOptions): Record<string, string> {
  const included = "#tryinclude pjsip_signalbox.conf\n#tryinclude pjsip_lab.conf\n";
  if (options.chanSip) {
    const sip = `[general]\nudpbindaddr=${options.sip}\ntcpenable=no\nallowguest=no\nalwaysauthreject=yes\ncontext=nowhere\n\n`;
    return {
      "sip.conf": `${sip}#tryinclude sip_signalbox.conf\n#tryinclude sip_lab.conf\n`,
      "sip_notify.conf": "",
      "pjsip.conf": "",
    };
  }
  return {
    "pjsip.conf": `[transport-udp]\ntype=transport\nprotocol=udp\nbind=${options.sip}\n\n${included}`,
  };
}

function managerConf(ami: string): string {
  const [host, port] = ami.split(":");
  return `[general]\nenabled=yes\nwebenabled=no\nbindaddr=${host}\nport=${port}\n\n#tryinclude manager_signalbox.conf\n#tryinclude manager_lab.conf\n`;
}

const INDICATIONS = `[general]
country=us

[us]
description = United States / North America
ringcadence = 2000,4000
dial = 350+440
busy = 480+620/500,0/500
ring = 440+480/2000,0/4000
congestion = 480+620/250,0/250
callwaiting = 440/300,0/10000
dialrecall = !350+440/100,!0/100,!350+440/100,!0/100,!350+440/100,!0/100,350+440
record = 1400/500,0/15000
info = !950/330,!1400/330,!1800/330,0
stutter = !350+440/100,!0/100,!350+440/100,!0/100,!350+440/100,!0/100,350+440
`;

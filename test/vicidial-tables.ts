// VICIdial's tables as far as they are read, with the types of their columns in 2.14, for a MariaDB of the test's own.
import { createConnection } from "mysql2/promise";

const TABLES: Readonly<Record<string, string>> = {
  vicidial_auto_calls:
    "auto_call_id INT AUTO_INCREMENT PRIMARY KEY, server_ip VARCHAR(15), campaign_id VARCHAR(20), status VARCHAR(8), lead_id INT, uniqueid VARCHAR(20), callerid VARCHAR(20), channel VARCHAR(100), phone_number VARCHAR(18), call_time DATETIME, call_type ENUM('IN','OUT','OUTBALANCE'), KEY (callerid)",
  vicidial_campaigns:
    "campaign_id VARCHAR(8) PRIMARY KEY, campaign_name VARCHAR(40), active ENUM('Y','N') DEFAULT 'Y', dial_prefix VARCHAR(20) DEFAULT '', manual_dial_prefix VARCHAR(20) DEFAULT '', three_way_dial_prefix VARCHAR(20) DEFAULT '', dial_timeout TINYINT UNSIGNED DEFAULT 60, closer_campaigns TEXT, xfer_groups TEXT, use_other_campaign_dnc VARCHAR(8) DEFAULT '', campaign_rec_filename VARCHAR(50) DEFAULT 'FULLDATE_CUSTPHONE', user_group VARCHAR(20) DEFAULT '---ALL---'",
  vicidial_lists:
    "list_id BIGINT UNSIGNED PRIMARY KEY, list_name VARCHAR(30), campaign_id VARCHAR(8), active ENUM('Y','N') DEFAULT 'Y', dial_prefix VARCHAR(20) DEFAULT ''",
  vicidial_list:
    "lead_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, status VARCHAR(6), list_id BIGINT UNSIGNED, phone_number VARCHAR(18), called_since_last_reset ENUM('Y','N') DEFAULT 'N', called_count SMALLINT DEFAULT 0",
  vicidial_user_dial_log: "caller_code VARCHAR(30), user VARCHAR(20), call_date DATETIME, KEY (caller_code)",
  vicidial_live_agents:
    "live_agent_id INT AUTO_INCREMENT PRIMARY KEY, user VARCHAR(20), campaign_id VARCHAR(20), UNIQUE KEY (user)",
  vicidial_dnc: "phone_number VARCHAR(18) PRIMARY KEY",
  vicidial_campaign_dnc:
    "phone_number VARCHAR(18), campaign_id VARCHAR(8), UNIQUE KEY (phone_number, campaign_id)",
  vicidial_server_trunks:
    "server_ip VARCHAR(15), campaign_id VARCHAR(20), dedicated_trunks SMALLINT UNSIGNED DEFAULT 0, trunk_restriction ENUM('MAXIMUM_LIMIT','OVERFLOW_ALLOWED') DEFAULT 'OVERFLOW_ALLOWED'",
  servers:
    "server_id VARCHAR(10), server_ip VARCHAR(15), max_vicidial_trunks SMALLINT DEFAULT 23, rebuild_conf_files ENUM('Y','N') DEFAULT 'Y', active_asterisk_server ENUM('Y','N') DEFAULT 'Y'",
  vicidial_server_carriers:
    "carrier_id VARCHAR(15) NOT NULL PRIMARY KEY, carrier_name VARCHAR(50) NOT NULL, registration_string VARCHAR(255), template_id VARCHAR(15) NOT NULL, account_entry TEXT, protocol ENUM('SIP','Zap','IAX2','EXTERNAL') DEFAULT 'SIP', globals_string VARCHAR(255), dialplan_entry TEXT, server_ip VARCHAR(15) NOT NULL, active ENUM('Y','N') DEFAULT 'Y', carrier_description VARCHAR(255), user_group VARCHAR(20) DEFAULT '---ALL---'",
  vicidial_user_groups:
    "user_group VARCHAR(20), group_name VARCHAR(40), allowed_campaigns TEXT, admin_viewable_groups TEXT",
  vicidial_users:
    "user VARCHAR(20), user_level TINYINT, user_group VARCHAR(20), active ENUM('Y','N') DEFAULT 'Y', access_recordings ENUM('0','1') DEFAULT '0', ignore_ip_list ENUM('0','1') DEFAULT '0', user_group_two VARCHAR(20) DEFAULT ''",
  vicidial_inbound_dids:
    "did_id INT AUTO_INCREMENT PRIMARY KEY, did_pattern VARCHAR(50) UNIQUE, did_active ENUM('Y','N') DEFAULT 'Y', did_route ENUM('EXTEN','VOICEMAIL','AGENT','PHONE','IN_GROUP','CALLMENU','VMAIL_NO_INST') DEFAULT 'EXTEN', group_id VARCHAR(20) DEFAULT '', menu_id VARCHAR(50) DEFAULT '', list_id BIGINT UNSIGNED DEFAULT 999, campaign_id VARCHAR(8) DEFAULT '', user_group VARCHAR(20) DEFAULT '---ALL---'",
  vicidial_inbound_groups:
    "group_id VARCHAR(20) PRIMARY KEY, group_name VARCHAR(30), afterhours_xfer_group VARCHAR(20) DEFAULT '---NONE---', after_hours_callmenu VARCHAR(50) DEFAULT '', user_group VARCHAR(20) DEFAULT '---ALL---'",
  vicidial_call_menu:
    "menu_id VARCHAR(50) PRIMARY KEY, menu_name VARCHAR(100), tracking_group VARCHAR(20) DEFAULT 'CALLMENU', user_group VARCHAR(20) DEFAULT '---ALL---'",
  vicidial_call_menu_options:
    "menu_id VARCHAR(50), option_value VARCHAR(20) DEFAULT '', option_description VARCHAR(255), option_route VARCHAR(20), option_route_value VARCHAR(255), option_route_value_context VARCHAR(1000)",
  vicidial_agent_log:
    "agent_log_id INT AUTO_INCREMENT PRIMARY KEY, user VARCHAR(20), event_time DATETIME, campaign_id VARCHAR(8), user_group VARCHAR(20), KEY (event_time)",
};

export type TestTables = {
  /** The URL of an account that may only read. */
  readonly url: string;
  run(statements: string): Promise<void>;
  rows(statement: string): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
};

/** Makes the tables, empty, in the database of `url`, and an account `reader` for them. */
export async function createVicidialTables(url: string): Promise<TestTables> {
  const connection = await createConnection({ uri: url, multipleStatements: true });
  const run = async (statements: string): Promise<void> => void (await connection.query(statements));
  for (const [name, columns] of Object.entries(TABLES))
    await run(`DROP TABLE IF EXISTS ${name}; CREATE TABLE ${name} (${columns})`);
  const database = new URL(url).pathname.slice(1);
  await run(
    `CREATE USER IF NOT EXISTS 'reader'@'%' IDENTIFIED BY 'reads'; GRANT SELECT ON \`${database}\`.* TO 'reader'@'%'`,
  );
  const reader = new URL(url);
  reader.username = "reader";
  reader.password = "reads";
  return {
    url: reader.href,
    run,
    rows: async (statement) => (await connection.query(statement))[0] as Record<string, unknown>[],
    close: () => connection.end(),
  };
}

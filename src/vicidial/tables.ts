/** The columns of VICIdial 2.14 that are read here, and no others. */
export type VicidialTables = {
  vicidial_auto_calls: { server_ip: string; campaign_id: string; callerid: string };
  vicidial_campaigns: {
    campaign_id: string;
    active: string;
    dial_prefix: string;
    manual_dial_prefix: string;
    three_way_dial_prefix: string;
    closer_campaigns: string | null;
    xfer_groups: string | null;
    use_other_campaign_dnc: string;
    campaign_rec_filename: string | null;
    user_group: string;
  };
  vicidial_list: { lead_id: number; list_id: number };
  vicidial_lists: { list_id: number; campaign_id: string; active: string; dial_prefix: string | null };
  vicidial_user_dial_log: { caller_code: string; user: string; call_date: string };
  vicidial_live_agents: { user: string; campaign_id: string };
  vicidial_dnc: { phone_number: string };
  vicidial_campaign_dnc: { phone_number: string; campaign_id: string };
  vicidial_server_trunks: {
    server_ip: string;
    campaign_id: string;
    dedicated_trunks: number;
    trunk_restriction: string;
  };
  servers: { server_ip: string; max_vicidial_trunks: number; active_asterisk_server: string };
  vicidial_user_groups: {
    user_group: string;
    allowed_campaigns: string | null;
    admin_viewable_groups: string | null;
  };
  vicidial_inbound_dids: {
    did_id: number;
    did_pattern: string;
    did_active: string;
    did_route: string;
    group_id: string | null;
    menu_id: string | null;
    list_id: number | null;
    campaign_id: string | null;
    user_group: string;
  };
  vicidial_inbound_groups: {
    group_id: string;
    afterhours_xfer_group: string | null;
    after_hours_callmenu: string | null;
    user_group: string;
  };
  vicidial_call_menu: { menu_id: string; tracking_group: string | null; user_group: string };
  vicidial_call_menu_options: {
    menu_id: string;
    option_value: string;
    option_route: string;
    option_route_value: string | null;
    option_route_value_context: string | null;
  };
  vicidial_agent_log: { event_time: string; user_group: string; campaign_id: string };
  vicidial_server_carriers: { carrier_id: string; active: string; user_group: string };
  vicidial_users: {
    user: string;
    user_level: number;
    user_group: string;
    active: string;
    access_recordings: string;
    ignore_ip_list: string;
    user_group_two: string;
  };
};

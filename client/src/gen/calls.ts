// Generated from the server's tables by `make gen`; do not edit.

/** Where a report stands; '' is before it is submitted. */
export type State = '' | 'registered' | 'in_analysis' | 'assigned' | 'scheduled' | 'in_progress' | 'suspended' | 'resolved' | 'closed' | 'rejected' | 'duplicate' | 'cancelled';

/** The hat a person wears. */
export type Role = 'anonymous' | 'citizen' | 'accredited_reporter' | 'l1_operator' | 'coordinator' | 'l2_operator' | 'service_manager' | 'technician' | 'district_lead' | 'field_lead' | 'pole_manager' | 'planner' | 'partner_user' | 'contact_operator' | 'helpdesk_agent' | 'admin' | 'auditor' | 'system';

/** A place on WGS84, in degrees. */
export interface Point {
  lon: number;
  lat: number;
}

/** The arguments of every call, by its name. */
export interface CallArgs {
  /** Submit. Made to be queued without network. */
  'report.submit': {
    clientId?: string;
    kind?: 'fault' | 'delivery' | 'maintenance' | 'helpdesk' | 'inquiry';
    title?: string;
    description?: string;
    objectType?: string;
    asset?: string;
    site?: string;
    point?: Point;
    accuracyM?: number;
    pointSource?: 'gps' | 'exif' | 'pin' | 'address' | 'site';
    address?: string;
    addressNote?: string;
    channel?: 'mobile' | 'web' | 'phone' | 'email' | 'partner' | 'accredited';
    sourcePartner?: string;
    sourceRef?: string;
    priority?: number;
    blocking?: boolean;
    onBehalf?: boolean;
    reporter?: string;
    contactName?: string;
    contactEmail?: string;
    contactPhone?: string;
    contactLanguage?: 'it' | 'en';
    anonymous?: boolean;
    consentPublish?: boolean;
    consentContact?: boolean;
  };
  /** Take charge. Best made with a network. */
  'report.take': {
    note?: string;
  };
  /** Dispatch. Best made with a network. */
  'report.dispatch': {
    responsibleOrg?: string;
    activity?: string;
    assignee?: string;
    note?: string;
  };
  /** Send back. Best made with a network. */
  'report.bounce': {
    reason: string;
    suggested?: string;
  };
  /** Schedule. Best made with a network. */
  'report.program': {
    plannedCloseDate: string;
    plannedStart?: string;
    plannedEnd?: string;
    reason?: string;
  };
  /** Approve the plan. Best made with a network. */
  'report.approvePlan': {
    note?: string;
  };
  /** Reschedule. Best made with a network. */
  'report.reprogram': {
    plannedCloseDate: string;
    plannedStart?: string;
    plannedEnd?: string;
    reason: string;
  };
  /** Start work. Made to be queued without network. */
  'report.start': {
    note?: string;
  };
  /** Suspend. Made to be queued without network. */
  'report.suspend': {
    reason: 'waiting_reporter' | 'waiting_third_party' | 'no_access' | 'weather_safety' | 'materials';
    expectedResume: string;
    note?: string;
  };
  /** Resume. Made to be queued without network. */
  'report.resume': {
    note?: string;
  };
  /** Resolve. Made to be queued without network. */
  'report.resolve': {
    outcome: 'fixed' | 'not_found' | 'no_action' | 'not_responsible';
    text?: string;
  };
  /** Verify: solved. Best made with a network. */
  'report.verify': {
    ok: boolean;
    note?: string;
  };
  /** Reopen. Best made with a network. */
  'report.reopen': {
    reason: string;
  };
  /** Reject. Best made with a network. */
  'report.reject': {
    code: 'not_responsible' | 'invalid' | 'not_found' | 'no_action';
    text: string;
    competent?: string;
  };
  /** Link as duplicate. Best made with a network. */
  'report.linkDuplicate': {
    master: string;
  };
  /** Unlink duplicate. Best made with a network. */
  'report.unlinkDuplicate': {
    note?: string;
  };
  /** Cancel. Best made with a network. */
  'report.cancel': {
    code?: 'cancelled_by_reporter' | 'invalid';
    reason?: string;
  };
  /** Comment. Made to be queued without network. */
  'report.comment': {
    text?: string;
    audience?: 'internal' | 'reporter' | 'public' | 'partner';
    replyTo?: string;
    solved?: boolean;
  };
  /** Add a photo. Made to be queued without network. */
  'report.photo': {
    media: string;
    kind: 'before' | 'after' | 'doc';
    takenAt?: string;
  };
  /** Move the place. Made to be queued without network. */
  'report.relocate': {
    point?: Point;
    accuracyM?: number;
    pointSource?: 'gps' | 'exif' | 'pin' | 'address' | 'site';
    address?: string;
    addressNote?: string;
    site?: string;
  };
  /** Follow the territory. Best made with a network. */
  'report.reroute': {
    run: string;
  };
  /** Change the category. Best made with a network. */
  'report.recategorise': {
    objectType?: string;
    reason?: string;
  };
  /** Change the priority. Best made with a network. */
  'report.reprioritise': {
    priority: number;
    blocking?: boolean;
    reason?: string;
  };
  /** Reassign. Best made with a network. */
  'report.reassign': {
    assignee: string;
    note?: string;
  };
  /** Transfer. Best made with a network. */
  'report.transfer': {
    responsibleOrg?: string;
    activity?: string;
    assignee?: string;
    reason: string;
  };
  /** Escalate. Best made with a network. */
  'report.escalate': {
    kind: 'hierarchical' | 'functional';
    reason: string;
    rule?: string;
  };
  /** I see it too. Best made with a network. */
  'report.interest': Record<string, never>;
}

/** The name of a call. */
export type CallName = keyof CallArgs;

/**
 * One row of the table of moves: from any state of `from`, who wears a hat of `by` may do it, and it
 * usually leads to `to`. 'previous' is the state that the report was in before.
 */
export interface Move {
  do: string;
  call: CallName;
  from: readonly State[];
  to: State | 'previous';
  by: readonly Role[];
}

/** What a device may foresee of a call. The server decides. */
export const moves: readonly Move[] = [
  {
    do: 'submit',
    call: 'report.submit',
    from: [''],
    to: 'registered',
    by: ['anonymous', 'citizen', 'accredited_reporter', 'l1_operator', 'coordinator', 'l2_operator', 'service_manager', 'technician', 'district_lead', 'field_lead', 'pole_manager', 'planner', 'partner_user', 'contact_operator', 'helpdesk_agent', 'admin', 'auditor', 'system'],
  },
  {
    do: 'take',
    call: 'report.take',
    from: ['registered'],
    to: 'in_analysis',
    by: ['l1_operator', 'coordinator', 'service_manager', 'district_lead', 'field_lead', 'pole_manager', 'helpdesk_agent', 'admin', 'system'],
  },
  {
    do: 'dispatch',
    call: 'report.dispatch',
    from: ['registered', 'in_analysis'],
    to: 'assigned',
    by: ['l1_operator', 'coordinator', 'service_manager', 'district_lead', 'field_lead', 'pole_manager', 'helpdesk_agent', 'admin', 'system'],
  },
  {
    do: 'bounce',
    call: 'report.bounce',
    from: ['assigned'],
    to: 'in_analysis',
    by: ['l1_operator', 'coordinator', 'service_manager', 'district_lead', 'field_lead', 'pole_manager', 'partner_user', 'helpdesk_agent', 'admin'],
  },
  {
    do: 'program',
    call: 'report.program',
    from: ['assigned'],
    to: 'scheduled',
    by: ['service_manager', 'technician', 'district_lead', 'field_lead', 'pole_manager', 'planner', 'partner_user'],
  },
  {
    do: 'approve_plan',
    call: 'report.approvePlan',
    from: ['assigned'],
    to: 'scheduled',
    by: ['service_manager', 'district_lead', 'field_lead', 'pole_manager'],
  },
  {
    do: 'start',
    call: 'report.start',
    from: ['assigned', 'scheduled'],
    to: 'in_progress',
    by: ['technician', 'district_lead', 'partner_user', 'helpdesk_agent'],
  },
  {
    do: 'suspend',
    call: 'report.suspend',
    from: ['assigned', 'scheduled', 'in_progress'],
    to: 'suspended',
    by: ['l1_operator', 'technician', 'district_lead', 'partner_user', 'helpdesk_agent'],
  },
  {
    do: 'resume',
    call: 'report.resume',
    from: ['suspended'],
    to: 'previous',
    by: ['l1_operator', 'technician', 'district_lead', 'partner_user', 'helpdesk_agent', 'system'],
  },
  {
    do: 'resolve',
    call: 'report.resolve',
    from: ['assigned', 'scheduled', 'in_progress'],
    to: 'resolved',
    by: ['technician', 'district_lead', 'partner_user', 'helpdesk_agent'],
  },
  {
    do: 'verify_ok',
    call: 'report.verify',
    from: ['resolved'],
    to: 'closed',
    by: ['l1_operator', 'coordinator', 'service_manager', 'district_lead', 'field_lead', 'pole_manager', 'helpdesk_agent', 'system'],
  },
  {
    do: 'verify_ko',
    call: 'report.verify',
    from: ['resolved'],
    to: 'in_progress',
    by: ['l1_operator', 'coordinator', 'service_manager', 'district_lead', 'field_lead', 'pole_manager', 'helpdesk_agent'],
  },
  {
    do: 'reopen',
    call: 'report.reopen',
    from: ['closed'],
    to: 'registered',
    by: ['citizen', 'accredited_reporter', 'l1_operator', 'coordinator', 'service_manager', 'district_lead', 'field_lead', 'pole_manager', 'helpdesk_agent'],
  },
  {
    do: 'reject',
    call: 'report.reject',
    from: ['registered', 'in_analysis', 'assigned', 'scheduled', 'in_progress', 'suspended', 'resolved'],
    to: 'rejected',
    by: ['l1_operator', 'coordinator', 'helpdesk_agent'],
  },
  {
    do: 'link_duplicate',
    call: 'report.linkDuplicate',
    from: ['registered', 'in_analysis', 'assigned', 'scheduled', 'in_progress', 'suspended', 'resolved'],
    to: 'duplicate',
    by: ['l1_operator', 'coordinator'],
  },
  {
    do: 'unlink_duplicate',
    call: 'report.unlinkDuplicate',
    from: ['duplicate'],
    to: 'previous',
    by: ['l1_operator', 'coordinator'],
  },
  {
    do: 'cancel',
    call: 'report.cancel',
    from: ['registered', 'in_analysis', 'assigned'],
    to: 'cancelled',
    by: ['citizen', 'accredited_reporter', 'l1_operator', 'helpdesk_agent', 'admin'],
  },
  {
    do: 'cancel',
    call: 'report.cancel',
    from: ['scheduled', 'in_progress', 'suspended', 'resolved'],
    to: 'cancelled',
    by: ['l1_operator', 'helpdesk_agent', 'admin'],
  },
  {
    do: 'transfer',
    call: 'report.transfer',
    from: ['scheduled', 'in_progress', 'suspended'],
    to: 'assigned',
    by: ['l1_operator', 'coordinator', 'service_manager', 'district_lead', 'field_lead', 'pole_manager', 'system'],
  },
];

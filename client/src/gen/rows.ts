// Generated from the server's tables by `make gen`; do not edit.

import type { State } from './calls.js';

/** Who a body is made for. A person who may read a record in several ways gets the richest. */
export type Audience = 'reference' | 'reporter' | 'partner' | 'field' | 'staff';

/** What travels of `reports` to who reported it. */
export interface ReportsForReporter {
  id: string;
  code: string;
  clientId: string;
  version: number;
  kind: string;
  title: string;
  description: string;
  objectType: string;
  asset: string;
  site: string;
  lon: number;
  lat: number;
  accuracyM: number;
  pointSource: string;
  address: string;
  addressNote: string;
  district: string;
  channel: string;
  anonymous: boolean;
  consentPublish: boolean;
  consentContact: boolean;
  priorityReporter: number;
  state: State;
  suspendReason: string;
  expectedResume: string;
  responsibleOrg: string;
  plannedCloseDate: string;
  registeredAt: string;
  takenAt: string;
  assignedAt: string;
  programmedAt: string;
  workStartedAt: string;
  resolvedAt: string;
  closedAt: string;
  reopenedCount: number;
  photosAfter: number;
  interestCount: number;
  duplicateOf: string;
  closureCode: string;
  outcomeText: string;
}

/** What travels of `reports` to the company that must do the work. */
export interface ReportsForPartner {
  id: string;
  code: string;
  clientId: string;
  org: string;
  version: number;
  kind: string;
  title: string;
  description: string;
  objectType: string;
  activity: string;
  asset: string;
  site: string;
  lon: number;
  lat: number;
  accuracyM: number;
  pointSource: string;
  address: string;
  addressNote: string;
  areas: unknown;
  district: string;
  routing: string;
  channel: string;
  sourcePartner: string;
  sourceRef: string;
  anonymous: boolean;
  consentPublish: boolean;
  priority: number;
  priorityReporter: number;
  blocking: boolean;
  state: State;
  resumeState: State;
  suspendReason: string;
  expectedResume: string;
  responsibleOrg: string;
  assignee: string;
  executor: string;
  plannedCloseDate: string;
  planState: string;
  planRevision: number;
  registeredAt: string;
  takenAt: string;
  assignedAt: string;
  programmedAt: string;
  workStartedAt: string;
  resolvedAt: string;
  closedAt: string;
  reopenedCount: number;
  bounceCount: number;
  verifyFailCount: number;
  escalationLevel: number;
  photosAfter: number;
  interestCount: number;
  duplicateOf: string;
  closureCode: string;
  outcomeText: string;
  firstContactResolution: boolean;
  visibility: string;
}

/** What travels of `reports` to who works in the district. */
export interface ReportsForField {
  id: string;
  code: string;
  clientId: string;
  org: string;
  version: number;
  kind: string;
  title: string;
  description: string;
  objectType: string;
  activity: string;
  asset: string;
  site: string;
  lon: number;
  lat: number;
  accuracyM: number;
  pointSource: string;
  address: string;
  addressNote: string;
  areas: unknown;
  district: string;
  routing: string;
  channel: string;
  sourcePartner: string;
  sourceRef: string;
  anonymous: boolean;
  consentPublish: boolean;
  priority: number;
  priorityReporter: number;
  blocking: boolean;
  state: State;
  resumeState: State;
  suspendReason: string;
  expectedResume: string;
  responsibleOrg: string;
  assignee: string;
  executor: string;
  plannedCloseDate: string;
  planState: string;
  planRevision: number;
  registeredAt: string;
  takenAt: string;
  assignedAt: string;
  programmedAt: string;
  workStartedAt: string;
  resolvedAt: string;
  closedAt: string;
  reopenedCount: number;
  bounceCount: number;
  verifyFailCount: number;
  escalationLevel: number;
  photosAfter: number;
  interestCount: number;
  duplicateOf: string;
  closureCode: string;
  outcomeText: string;
  firstContactResolution: boolean;
  visibility: string;
}

/** What travels of `reports` to the control room. */
export interface ReportsForStaff {
  id: string;
  code: string;
  clientId: string;
  org: string;
  version: number;
  kind: string;
  title: string;
  description: string;
  objectType: string;
  activity: string;
  asset: string;
  site: string;
  lon: number;
  lat: number;
  accuracyM: number;
  pointSource: string;
  address: string;
  addressNote: string;
  areas: unknown;
  district: string;
  routing: string;
  channel: string;
  sourcePartner: string;
  sourceRef: string;
  anonymous: boolean;
  consentPublish: boolean;
  priority: number;
  priorityReporter: number;
  blocking: boolean;
  state: State;
  resumeState: State;
  suspendReason: string;
  expectedResume: string;
  responsibleOrg: string;
  assignee: string;
  executor: string;
  plannedCloseDate: string;
  planState: string;
  planRevision: number;
  registeredAt: string;
  takenAt: string;
  assignedAt: string;
  programmedAt: string;
  workStartedAt: string;
  resolvedAt: string;
  closedAt: string;
  reopenedCount: number;
  bounceCount: number;
  verifyFailCount: number;
  escalationLevel: number;
  photosAfter: number;
  interestCount: number;
  duplicateOf: string;
  closureCode: string;
  outcomeText: string;
  firstContactResolution: boolean;
  visibility: string;
  routeTrace: unknown;
  reporter: string;
  reporterOrg: string;
  contactName: string;
  contactEmail: string;
  contactPhone: string;
  contactLanguage: string;
  ownerL1: string;
  consentContact: boolean;
}

/** A row of `reports`, whoever reads it. */
export interface ReportsForAny {
  id: string;
  code: string;
  clientId: string;
  version: number;
  kind: string;
  title: string;
  description: string;
  objectType: string;
  asset: string;
  site: string;
  lon: number;
  lat: number;
  accuracyM: number;
  pointSource: string;
  address: string;
  addressNote: string;
  district: string;
  channel: string;
  anonymous: boolean;
  consentPublish: boolean;
  priorityReporter: number;
  state: State;
  suspendReason: string;
  expectedResume: string;
  responsibleOrg: string;
  plannedCloseDate: string;
  registeredAt: string;
  takenAt: string;
  assignedAt: string;
  programmedAt: string;
  workStartedAt: string;
  resolvedAt: string;
  closedAt: string;
  reopenedCount: number;
  photosAfter: number;
  interestCount: number;
  duplicateOf: string;
  closureCode: string;
  outcomeText: string;
  org?: string;
  activity?: string;
  areas?: unknown;
  routing?: string;
  sourcePartner?: string;
  sourceRef?: string;
  priority?: number;
  blocking?: boolean;
  resumeState?: State;
  assignee?: string;
  executor?: string;
  planState?: string;
  planRevision?: number;
  bounceCount?: number;
  verifyFailCount?: number;
  escalationLevel?: number;
  firstContactResolution?: boolean;
  visibility?: string;
  consentContact?: boolean;
  routeTrace?: unknown;
  reporter?: string;
  reporterOrg?: string;
  contactName?: string;
  contactEmail?: string;
  contactPhone?: string;
  contactLanguage?: string;
  ownerL1?: string;
}

/** What travels of `reportEvents` to the company that must do the work. */
export interface ReportEventsForPartner {
  id: string;
  report: string;
  seq: number;
  type: string;
  fromState: string;
  toState: string;
  occurredAt: string;
  recordedAt: string;
}

/** What travels of `reportEvents` to who works in the district. */
export interface ReportEventsForField {
  id: string;
  report: string;
  seq: number;
  type: string;
  fromState: string;
  toState: string;
  occurredAt: string;
  recordedAt: string;
  payload: unknown;
  actor: string;
  actorRole: string;
  source: string;
}

/** What travels of `reportEvents` to the control room. */
export interface ReportEventsForStaff {
  id: string;
  report: string;
  seq: number;
  type: string;
  fromState: string;
  toState: string;
  occurredAt: string;
  recordedAt: string;
  payload: unknown;
  actor: string;
  actorRole: string;
  source: string;
  device: string;
  call: string;
  base: number;
  offsetMs: number;
  lon: number;
  lat: number;
  hasPoint: boolean;
}

/** A row of `reportEvents`, whoever reads it. */
export interface ReportEventsForAny {
  id: string;
  report: string;
  seq: number;
  type: string;
  fromState: string;
  toState: string;
  occurredAt: string;
  recordedAt: string;
  payload?: unknown;
  actor?: string;
  actorRole?: string;
  source?: string;
  device?: string;
  call?: string;
  base?: number;
  offsetMs?: number;
  lon?: number;
  lat?: number;
  hasPoint?: boolean;
}

/** What travels of `media` to who reported it. */
export interface MediaForReporter {
  id: string;
  report: string;
  kind: string;
  sha256: string;
  size: number;
  type: string;
  width: number;
  height: number;
  takenAt: string;
  takenLocal: string;
  takenOffset: string;
  visibility: string;
  state: string;
}

/** What travels of `media` to the company that must do the work. */
export interface MediaForPartner {
  id: string;
  report: string;
  kind: string;
  sha256: string;
  size: number;
  type: string;
  width: number;
  height: number;
  takenAt: string;
  takenLocal: string;
  takenOffset: string;
  visibility: string;
  state: string;
}

/** What travels of `media` to who works in the district. */
export interface MediaForField {
  id: string;
  report: string;
  kind: string;
  sha256: string;
  size: number;
  type: string;
  width: number;
  height: number;
  takenAt: string;
  takenLocal: string;
  takenOffset: string;
  visibility: string;
  state: string;
  exifLon: number;
  exifLat: number;
  hasExifPoint: boolean;
  exifNote: string;
}

/** What travels of `media` to the control room. */
export interface MediaForStaff {
  id: string;
  report: string;
  kind: string;
  sha256: string;
  size: number;
  type: string;
  width: number;
  height: number;
  takenAt: string;
  takenLocal: string;
  takenOffset: string;
  visibility: string;
  state: string;
  exifLon: number;
  exifLat: number;
  hasExifPoint: boolean;
  exifNote: string;
  uploader: string;
  event: string;
  device: string;
}

/** A row of `media`, whoever reads it. */
export interface MediaForAny {
  id: string;
  report: string;
  kind: string;
  sha256: string;
  size: number;
  type: string;
  width: number;
  height: number;
  takenAt: string;
  takenLocal: string;
  takenOffset: string;
  visibility: string;
  state: string;
  exifLon?: number;
  exifLat?: number;
  hasExifPoint?: boolean;
  exifNote?: string;
  uploader?: string;
  event?: string;
  device?: string;
}

/** What travels of `messages` to who reported it. */
export interface MessagesForReporter {
  id: string;
  report: string;
  direction: string;
  audience: string;
  template: string;
  params: unknown;
  text: string;
  replyTo: string;
  at: string;
}

/** What travels of `messages` to the company that must do the work. */
export interface MessagesForPartner {
  id: string;
  report: string;
  direction: string;
  audience: string;
  template: string;
  params: unknown;
  text: string;
  replyTo: string;
  at: string;
}

/** What travels of `messages` to who works in the district. */
export interface MessagesForField {
  id: string;
  report: string;
  direction: string;
  audience: string;
  template: string;
  params: unknown;
  text: string;
  replyTo: string;
  at: string;
  author: string;
}

/** What travels of `messages` to the control room. */
export interface MessagesForStaff {
  id: string;
  report: string;
  direction: string;
  audience: string;
  template: string;
  params: unknown;
  text: string;
  replyTo: string;
  at: string;
  author: string;
}

/** A row of `messages`, whoever reads it. */
export interface MessagesForAny {
  id: string;
  report: string;
  direction: string;
  audience: string;
  template: string;
  params: unknown;
  text: string;
  replyTo: string;
  at: string;
  author?: string;
}

/** What travels of `interventions` to the company that must do the work. */
export interface InterventionsForPartner {
  id: string;
  report: string;
  technician: string;
  team: string;
  plannedStart: string;
  plannedEnd: string;
  plannedCloseDate: string;
  planState: string;
  reason: string;
  checklist: unknown;
  safetyNotes: string;
  vehicle: string;
  startedAt: string;
  endedAt: string;
  outcome: string;
  closureCode: string;
}

/** What travels of `interventions` to who works in the district. */
export interface InterventionsForField {
  id: string;
  report: string;
  technician: string;
  team: string;
  plannedStart: string;
  plannedEnd: string;
  plannedCloseDate: string;
  planState: string;
  reason: string;
  checklist: unknown;
  safetyNotes: string;
  vehicle: string;
  startedAt: string;
  endedAt: string;
  outcome: string;
  closureCode: string;
}

/** What travels of `interventions` to the control room. */
export interface InterventionsForStaff {
  id: string;
  report: string;
  technician: string;
  team: string;
  plannedStart: string;
  plannedEnd: string;
  plannedCloseDate: string;
  planState: string;
  reason: string;
  checklist: unknown;
  safetyNotes: string;
  vehicle: string;
  startedAt: string;
  endedAt: string;
  outcome: string;
  closureCode: string;
}

/** A row of `interventions`, whoever reads it. */
export interface InterventionsForAny {
  id: string;
  report: string;
  technician: string;
  team: string;
  plannedStart: string;
  plannedEnd: string;
  plannedCloseDate: string;
  planState: string;
  reason: string;
  checklist: unknown;
  safetyNotes: string;
  vehicle: string;
  startedAt: string;
  endedAt: string;
  outcome: string;
  closureCode: string;
}

/** What travels of `objectTypes` to everybody. */
export interface ObjectTypesForReference {
  id: string;
  code: string;
  name: string;
  nameIt: string;
  parent: string;
  icon: string;
  defaultPriority: number;
  extraQuestions: unknown;
  public: boolean;
  needsAfterPhoto: boolean;
  dedupeRadiusM: number;
  dedupeDays: number;
  emergencyNotice: string;
  status: string;
}

/** A row of `objectTypes`, whoever reads it. */
export interface ObjectTypesForAny {
  id: string;
  code: string;
  name: string;
  nameIt: string;
  parent: string;
  icon: string;
  defaultPriority: number;
  extraQuestions: unknown;
  public: boolean;
  needsAfterPhoto: boolean;
  dedupeRadiusM: number;
  dedupeDays: number;
  emergencyNotice: string;
  status: string;
}

/** What travels of `activities` to everybody. */
export interface ActivitiesForReference {
  id: string;
  objectType: string;
  responsibleOrg: string;
  area: string;
  kind: string;
  validFrom: string;
  validTo: string;
}

/** A row of `activities`, whoever reads it. */
export interface ActivitiesForAny {
  id: string;
  objectType: string;
  responsibleOrg: string;
  area: string;
  kind: string;
  validFrom: string;
  validTo: string;
}

/** What travels of `areas` to everybody. */
export interface AreasForReference {
  id: string;
  code: string;
  name: string;
  kind: string;
  parent: string;
  minLon: number;
  minLat: number;
  maxLon: number;
  maxLat: number;
  areaM2: number;
  validFrom: string;
  validTo: string;
  priority: number;
  org: string;
}

/** A row of `areas`, whoever reads it. */
export interface AreasForAny {
  id: string;
  code: string;
  name: string;
  kind: string;
  parent: string;
  minLon: number;
  minLat: number;
  maxLon: number;
  maxLat: number;
  areaM2: number;
  validFrom: string;
  validTo: string;
  priority: number;
  org: string;
}

/** What travels of `orgs` to everybody. */
export interface OrgsForReference {
  id: string;
  code: string;
  name: string;
  kind: string;
  parent: string;
  inactive: boolean;
}

/** A row of `orgs`, whoever reads it. */
export interface OrgsForAny {
  id: string;
  code: string;
  name: string;
  kind: string;
  parent: string;
  inactive: boolean;
}

/** What travels of `sites` to everybody. */
export interface SitesForReference {
  id: string;
  code: string;
  name: string;
  type: string;
  lon: number;
  lat: number;
  hasPoint: boolean;
  clientOrg: string;
  address: string;
}

/** A row of `sites`, whoever reads it. */
export interface SitesForAny {
  id: string;
  code: string;
  name: string;
  type: string;
  lon: number;
  lat: number;
  hasPoint: boolean;
  clientOrg: string;
  address: string;
}

/** What travels of `assets` to everybody. */
export interface AssetsForReference {
  id: string;
  code: string;
  type: string;
  site: string;
  status: string;
}

/** A row of `assets`, whoever reads it. */
export interface AssetsForAny {
  id: string;
  code: string;
  type: string;
  site: string;
  status: string;
}

/** What travels of `kbArticles` to everybody. */
export interface KbArticlesForReference {
  id: string;
  kind: string;
  title: string;
  symptom: string;
  rootCause: string;
  workaround: string;
  solution: string;
  objectTypes: unknown;
  areas: unknown;
  audience: string;
  version: number;
  reviewBy: string;
  updated: string;
}

/** A row of `kbArticles`, whoever reads it. */
export interface KbArticlesForAny {
  id: string;
  kind: string;
  title: string;
  symptom: string;
  rootCause: string;
  workaround: string;
  solution: string;
  objectTypes: unknown;
  areas: unknown;
  audience: string;
  version: number;
  reviewBy: string;
  updated: string;
}

/** Every collection that travels, and its body for each audience that gets any. */
export interface Rows {
  reports: { reporter: ReportsForReporter; partner: ReportsForPartner; field: ReportsForField; staff: ReportsForStaff };
  reportEvents: { partner: ReportEventsForPartner; field: ReportEventsForField; staff: ReportEventsForStaff };
  media: { reporter: MediaForReporter; partner: MediaForPartner; field: MediaForField; staff: MediaForStaff };
  messages: { reporter: MessagesForReporter; partner: MessagesForPartner; field: MessagesForField; staff: MessagesForStaff };
  interventions: { partner: InterventionsForPartner; field: InterventionsForField; staff: InterventionsForStaff };
  objectTypes: { reference: ObjectTypesForReference };
  activities: { reference: ActivitiesForReference };
  areas: { reference: AreasForReference };
  orgs: { reference: OrgsForReference };
  sites: { reference: SitesForReference };
  assets: { reference: AssetsForReference };
  kbArticles: { reference: KbArticlesForReference };
}

/** Of each collection, what every audience gets, and what some do. */
export interface AnyRow {
  reports: ReportsForAny;
  reportEvents: ReportEventsForAny;
  media: MediaForAny;
  messages: MessagesForAny;
  interventions: InterventionsForAny;
  objectTypes: ObjectTypesForAny;
  activities: ActivitiesForAny;
  areas: AreasForAny;
  orgs: OrgsForAny;
  sites: SitesForAny;
  assets: AssetsForAny;
  kbArticles: KbArticlesForAny;
}

/** The name of a collection. */
export type Collection = keyof Rows;

/** The names of the collections. */
export const collections: readonly Collection[] = [
  'reports',
  'reportEvents',
  'media',
  'messages',
  'interventions',
  'objectTypes',
  'activities',
  'areas',
  'orgs',
  'sites',
  'assets',
  'kbArticles',
];

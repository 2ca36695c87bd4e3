// The only exports of @sestante/client.

export { open } from './client.js';
export type { Announcement, AnyCall, Client, Config, More } from './client.js';
export { dataOf, fault, faultOf, isFault } from './fault.js';
export type { AnyCode, ClientCode, Fault, FaultData, Kind } from './fault.js';
export { moves } from './gen/calls.js';
export type { CallArgs, CallName, Move, Point, Role, State } from './gen/calls.js';
export { codes } from './gen/codes.js';
export type { Code, FaultCode } from './gen/codes.js';
export { collections } from './gen/rows.js';
export type { AnyRow, Audience, Collection, Rows } from './gen/rows.js';
export type { Health } from './health.js';
export { dropIdb, idbStore } from './kv/idb.js';
export type { IdbConfig } from './kv/idb.js';
export { memoryStore } from './kv/memory.js';
export type { Key, Name, ReadTx, Store, WriteTx } from './kv/store.js';
export { newId, validId } from './outbox/chain.js';
export type { Entry } from './outbox/outbox.js';
export type { ExchangeRequest, Json, Mutation, Result, Status, Want } from './outbox/wire.js';
export type { View } from './replica/view.js';
export { http } from './sync/http.js';
export type { Exchange, HttpConfig, Stream } from './sync/http.js';
export type { Body } from './sync/lines.js';
export type { Verify, VerifyRequest } from './sync/verify.js';
export type { LoopState } from './sync/loop.js';
export { alone, broadcast, nobody, webLocks } from './sync/tabs.js';
export type { Channel, Locker, Message } from './sync/tabs.js';

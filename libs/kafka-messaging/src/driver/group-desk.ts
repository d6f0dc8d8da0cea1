export interface GroupMember {
  readonly memberId: string;
  readonly clientId: string;
}

/**
 * What is done about a group from outside of it, on connections of its own: a member's connection may be blocked by a join
 * that the broker holds back until all members are there, or until a session ends. Errors: `Unavailable` when the group's
 * coordinator can't be asked now; anything else is its refusal.
 */
export interface GroupDesk {
  /** A group that does not exist has none. */
  members(group: string): Promise<readonly GroupMember[]>;
  /** Those that the group does not know any more are no error. */
  remove(group: string, memberIds: readonly string[]): Promise<void>;
}

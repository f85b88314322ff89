/** Tables of tenants that stay where they are, and why. Everything else moves. */
export const NOT_MOVED: Readonly<Record<string, string>> = {
  'core.event_pending': 'only events that have not got their place yet; they are delivered where they were appended',
  'core.event_position': 'an event is delivered once, where it was appended; here it is history',
  'core.event_progress': 'counts in the positions of this installation',
  'core.file_garbage': 'objects of this store that nothing refers to',
  'core.file_upload': 'uploads that clients send to this address',
  'core.file_usage': 'counted anew',
  'core.idempotency': 'answers that are repeated for a day, to clients of this address',
  'core.invitation': 'holds links of this address; invite again',
  'core.event_replay': 'counts in the positions of this installation',
  'core.job_line': 'made anew for the jobs that wait',
  'core.share_given': 'agreements between workspaces of this installation',
  'core.share_received': 'agreements between workspaces of this installation; what was copied moves with its plugin',
  'core.usage_pending': 'folded into hours a moment later',
  'core.tenant_import': 'about archives that came in here',
  'core.tenant_export': 'about archives that were made here',
};

/** Columns that the host goes on writing by itself, such as the seal of an act: they travel, and are not compared. */
export const WRITTEN_LATER: Readonly<Record<string, readonly string[]>> = {
  'core.audit': ['seq', 'hash', 'digest'],
  'core.file_content': ['damage', 'checked_at'],
  'core.tenant_domain': ['verified_at'],
  'core.audit_head': ['seq', 'hash', 'sealed_at'],
};

/** Owner of secrets and files that stay. */
export const OWN = 'core.portability';

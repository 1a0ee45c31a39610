/* Part of plugin.h, which includes it: logs, and what stages remember across a restart. */
#ifndef TICKWEIR_PLUGIN_LOG_H
#define TICKWEIR_PLUGIN_LOG_H

/* What a back end is asked to open. */
typedef struct tickweir_log_request {
  TICKWEIR_SIZE_FIRST(struct tickweir_log_request);
  uint32_t is_read_only TICKWEIR_DEFAULT(0); /* change nothing, repair nothing, take no lock */
  /* Event layouts as in the ELF note, one line an event, ended by NUL. Kept in a new log, so that it explains
   * itself; an old log keeps its own. */
  const char* schema TICKWEIR_DEFAULT(NULL);
  /* For a new log: the id it shall have, so that snapshots taken with the log that it is a copy of fit it.
   * All zeros: a random one. An old log keeps its own. Since 0.6. */
  uint8_t id[16] TICKWEIR_DEFAULT({});
} tickweir_log_request;

/* What it found. Text belongs to the back end and lives until the next call on it. */
typedef struct tickweir_log_state {
  TICKWEIR_SIZE_FIRST(struct tickweir_log_state);
  uint32_t reserved TICKWEIR_DEFAULT(0);
  uint64_t first_sequence TICKWEIR_DEFAULT(0); /* of the oldest event held; 0: none is */
  uint64_t last_sequence TICKWEIR_DEFAULT(0);  /* of the newest event ever held, dropped or not; 0: none */
  uint64_t bytes TICKWEIR_DEFAULT(0);          /* on disk */
  uint8_t id[16] TICKWEIR_DEFAULT({});         /* given at creation: random, or that of the request */
  const char* schema TICKWEIR_DEFAULT(NULL);   /* that of the log */
  const char* note TICKWEIR_DEFAULT(NULL);     /* what was repaired, for people; "" when nothing was */
} tickweir_log_state;

/* Storage of a log: keeps events under their sequences, which rise by one without a gap. The runtime gives
 * the sequences, makes the groups, decides when to sync and what counts as durable, and replays.
 *
 * Threading: calls come one after the other, but not always from the same thread. A back end that sets
 *            `appends_during_sync` is also called with append on one thread while sync runs on another;
 *            that sync need not cover that append.
 * Order:     create, open, then any of append, sync, read, truncate_before, describe; stop closes.
 *            tickweir_plugin::start is not called.
 * Promise:   after sync returned OK, whatever append had stored before sync was called survives the loss of
 *            power. After a crash, open finds a prefix of what was appended, at least up to the last good
 *            sync. A back end that sets `appends_outlive_process` promises more: what append has stored when
 *            it returns is found after the process was killed, synced or not. Of one that does not, nothing
 *            is taken for durable before it is synced, but with `sync: none`.
 * Errors:    a failed append or sync is final: the runtime calls nothing but stop and destroy afterwards,
 *            once the other of the two has returned.
 *            Damage that is not a torn end is an error of open or read that names place and sequence. An open
 *            that is read-only leaves it to the read that gets there, where that is possible: what comes
 *            before can be saved then. Its last sequence is beyond the damage. */
typedef struct tickweir_wal {
  TICKWEIR_SIZE_FIRST(struct tickweir_wal);
  uint32_t appends_during_sync TICKWEIR_DEFAULT(0); /* 1: see Threading; since 0.3 */
  int32_t (*open)(void* stage, const tickweir_log_request*, tickweir_log_state*, tickweir_error*)
      TICKWEIR_DEFAULT(NULL);
  /* Whole events without verdicts, one after the other through all spans, none of them in two; each carries
   * its sequence, the first `first_sequence`, which is one more than the last before. An empty log may begin
   * at any. Lent for the call. FULL: nothing of it is kept, may be called
   * again with the same. */
  int32_t (*append)(void* stage, const tickweir_span* spans, uint32_t span_count, uint64_t first_sequence,
                    uint32_t event_count, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* Called again without an append when the log has been idle for a while: a good moment to write down that
   * the last group was synced. */
  int32_t (*sync)(void* stage, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* Fills an empty batch with one or more whole events from `sequence` on. FINISHED: there is none.
   * An error if the event was dropped by truncate_before or is damaged. */
  int32_t (*read)(void* stage, uint64_t sequence, tickweir_batch*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* Events before `sequence` are not needed any more; keeps the newest of all, and may keep others. Also
   * while the log is full. A failure is not final: the log goes on with what it has. Where something that was
   * appended is gone with it, describe fails from then on, which the runtime calls after it. */
  int32_t (*truncate_before)(void* stage, uint64_t sequence, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* The present state, and in `note` how it stores and syncs: "pwrite + fdatasync, 4 segments". */
  int32_t (*describe)(void* stage, tickweir_log_state*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  uint32_t appends_outlive_process TICKWEIR_DEFAULT(0); /* 1: see Promise; since 0.6 */
  uint32_t reserved TICKWEIR_DEFAULT(0);
} tickweir_wal;

/* Takes or gives the bytes of a saved state, in order. Returns TICKWEIR_OK or TICKWEIR_FAILED. */
typedef struct tickweir_state_writer {
  TICKWEIR_SIZE_FIRST(struct tickweir_state_writer);
  uint32_t reserved TICKWEIR_DEFAULT(0);
  void* host TICKWEIR_DEFAULT(NULL);
  int32_t (*write)(void* host, const void* data, uint64_t bytes) TICKWEIR_DEFAULT(NULL);
} tickweir_state_writer;
typedef struct tickweir_state_reader {
  TICKWEIR_SIZE_FIRST(struct tickweir_state_reader);
  uint32_t reserved TICKWEIR_DEFAULT(0);
  void* host TICKWEIR_DEFAULT(NULL);
  int32_t (*read)(void* host, void* room, uint64_t bytes) TICKWEIR_DEFAULT(NULL); /* exactly so many */
} tickweir_state_reader;

/* For stages whose later output depends on earlier input. Filters and transforms, sources too. */
typedef struct tickweir_state {
  TICKWEIR_SIZE_FIRST(struct tickweir_state);
  uint32_t reserved TICKWEIR_DEFAULT(0);
  /* Writes everything that the stage's future depends on, the same bytes for the same state. May run in a
   * forked child while the parent goes on: no memory is allocated, no lock taken, nothing printed. */
  int32_t (*save)(void* stage, const tickweir_state_writer*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* Into a fresh stage, after start and before its first input. Bytes may be damaged: never trusts them. */
  int32_t (*load)(void* stage, const tickweir_state_reader*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* A stage upstream of a log is shown what once passed from it into the log, in order, after start and
   * load and before its first input. NULL: it need not know. */
  int32_t (*recover)(void* stage, const tickweir_batch*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* Writes what the stage remembers as lines of UTF-8 text for people, the same for the same state. Not while
   * it works; may allocate. NULL: it has nothing to show. */
  int32_t (*show)(void* stage, const tickweir_state_writer*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
} tickweir_state;

#endif

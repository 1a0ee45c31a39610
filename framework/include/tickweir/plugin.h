/* The plugin line: everything that crosses between the runtime and a plugin, in plain C.
 *
 * A plugin is a shared object that exports one symbol, `tickweir_plugin_entry`, of type
 * tickweir_entry_fn. It returns a descriptor that lives as long as the process. Plugin authors
 * rarely touch this file: tickweir/stage.h turns a C++ class into these tables.
 *
 * Growth:    every struct starts with its own size. New fields are appended. The reader uses only the
 *            fields that lie within the size it finds; a field that is absent reads as zero.
 * Threading: validate() may run on any thread. create, start, the work function, drain, stop and
 *            destroy run one after the other, never two at once; start and everything after it run on
 *            the thread of the stage.
 * Ownership: what a function receives is lent for the duration of the call, unless said otherwise.
 *            Memory is freed by whoever made it. Batches and cells belong to the runtime.
 * Errors:    a function that can fail returns TICKWEIR_FAILED and writes one sentence into the error it
 *            was given. No exception crosses the line in either direction.
 * Text:      UTF-8, ended by NUL.
 */
#ifndef TICKWEIR_PLUGIN_H
#define TICKWEIR_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

/* While the major number is 0, both numbers must be equal on both sides. From 1.0 on, a plugin built
 * for minor N loads on every later minor of the same major. */
#define TICKWEIR_ABI_MAJOR 0
#define TICKWEIR_ABI_MINOR 2
#define TICKWEIR_SDK_VERSION "0.1.0"
#define TICKWEIR_ENTRY_SYMBOL "tickweir_plugin_entry"

#ifdef __cplusplus
#define TICKWEIR_SIZE_FIRST(type) uint32_t size = sizeof(type)
#define TICKWEIR_DEFAULT(value) = value
extern "C" {
#else
#define TICKWEIR_SIZE_FIRST(type) uint32_t size
#define TICKWEIR_DEFAULT(value)
#endif

/* ---- Events and batches ------------------------------------------------------------------------ */

/* The 32-byte header of every event, little-endian. The payload follows. The same bytes arrive on the
 * wire, sit in the batch and lie in the log. */
typedef struct tickweir_event {
  uint32_t size;     /* whole event in bytes, header included; a multiple of 8 */
  uint16_t type;     /* which payload follows; below 256: the runtime's, see tickweir_event_type */
  uint8_t verdict;   /* 0: goes on. Otherwise refused; names a stage's drop reason in this pipeline */
  uint8_t flags;     /* reserved, 0 */
  uint64_t sequence; /* given by the log; 0 before it */
  uint64_t time;     /* ns since the Unix epoch, stamped at ingress */
  uint64_t origin;   /* identity: source in the high 24 bits, the source's own number in the low 40 */
} tickweir_event;

enum tickweir_event_type {
  TICKWEIR_EVENT_NONE = 0,
  TICKWEIR_EVENT_TICK = 1, /* header only: time went on while nothing happened */
  TICKWEIR_EVENT_FIRST_PAYLOAD = 256
};

/* A contiguous block of whole events. Mutable while one stage holds it, read-only once shared.
 * A stage is called once per batch, never once per event. */
typedef struct tickweir_batch {
  TICKWEIR_SIZE_FIRST(struct tickweir_batch);
  uint32_t event_count TICKWEIR_DEFAULT(0);     /* events in `data`, refused ones included */
  uint32_t refused_count TICKWEIR_DEFAULT(0);   /* events whose verdict is not 0 */
  uint32_t stride TICKWEIR_DEFAULT(0);          /* the size all events share; 0: sizes differ, or empty */
  uint32_t used_bytes TICKWEIR_DEFAULT(0);      /* sum of the event sizes */
  uint32_t capacity_bytes TICKWEIR_DEFAULT(0);  /* bytes in `data` */
  uint32_t event_count_max TICKWEIR_DEFAULT(0); /* an open batch is handed over when it has so many */
  uint32_t reserved TICKWEIR_DEFAULT(0);
  uint8_t* data TICKWEIR_DEFAULT(NULL); /* aligned to a cache line (64 bytes) */
} tickweir_batch;

/* Where a source or a transform puts new events. `outputs[i]` is the open batch of output i, or NULL
 * when nobody listens to it: then nothing need be made. Append in place while there is room; call
 * `advance` when there is none. Never call it for an output that is NULL. */
typedef struct tickweir_emitter {
  TICKWEIR_SIZE_FIRST(struct tickweir_emitter);
  uint32_t output_count TICKWEIR_DEFAULT(0);
  tickweir_batch** outputs TICKWEIR_DEFAULT(NULL);
  void* host TICKWEIR_DEFAULT(NULL);
  /* Hands the open batch of `output` over and opens an empty one in its place. */
  void (*advance)(void* host, uint32_t output) TICKWEIR_DEFAULT(NULL);
} tickweir_emitter;

/* ---- What a plugin says about itself ----------------------------------------------------------- */

enum tickweir_role {
  TICKWEIR_ROLE_SOURCE = 1,
  TICKWEIR_ROLE_FILTER = 2,
  TICKWEIR_ROLE_TRANSFORM = 3,
  TICKWEIR_ROLE_SINK = 4,
  TICKWEIR_ROLE_WAL = 5 /* a back end that stores a log; the runtime does the rest */
};

enum tickweir_option_type {
  TICKWEIR_OPTION_INTEGER = 1,  /* 64-bit signed */
  TICKWEIR_OPTION_REAL = 2,     /* double */
  TICKWEIR_OPTION_BOOLEAN = 3,  /* true | false */
  TICKWEIR_OPTION_DURATION = 4, /* "100us"; value in ns */
  TICKWEIR_OPTION_SIZE = 5,     /* "64KiB"; value in bytes */
  TICKWEIR_OPTION_TEXT = 6,
  TICKWEIR_OPTION_CHOICE = 7,   /* one of `choices`; the integer of the value is its index */
  TICKWEIR_OPTION_TEXT_LIST = 8 /* a YAML sequence of texts */
};

enum tickweir_option_flag { TICKWEIR_OPTION_SECRET = 1 /* never shown */ };

typedef struct tickweir_option {
  TICKWEIR_SIZE_FIRST(struct tickweir_option);
  uint32_t type TICKWEIR_DEFAULT(0);
  const char* name TICKWEIR_DEFAULT(NULL);
  const char* default_text TICKWEIR_DEFAULT(NULL); /* as a user would write it; NULL: required */
  const char* minimum TICKWEIR_DEFAULT(NULL);      /* likewise, inclusive; NULL: no bound */
  const char* maximum TICKWEIR_DEFAULT(NULL);
  const char* choices TICKWEIR_DEFAULT(NULL); /* "a|b|c", for CHOICE only */
  const char* unit TICKWEIR_DEFAULT(NULL);    /* of an INTEGER or REAL, for people: "events", "ticks" */
  const char* help TICKWEIR_DEFAULT(NULL);    /* one sentence */
  uint32_t flags TICKWEIR_DEFAULT(0);
} tickweir_option;

/* A named output of a source or a transform. Filters and sinks declare none: a filter passes its
 * input on under its own name. */
typedef struct tickweir_output {
  TICKWEIR_SIZE_FIRST(struct tickweir_output);
  const char* name TICKWEIR_DEFAULT(NULL);
  const char* events TICKWEIR_DEFAULT(NULL); /* "NewOrder|Cancel": what may appear on it; "*": anything */
  const char* help TICKWEIR_DEFAULT(NULL);
} tickweir_output;

enum tickweir_counter_kind {
  TICKWEIR_COUNTER = 1,  /* only rises; shown with _total */
  TICKWEIR_GAUGE = 2,    /* the present value, unsigned */
  TICKWEIR_HISTOGRAM = 3 /* of durations in ns; see tickweir/counters.h for the cells */
};

typedef struct tickweir_counter {
  TICKWEIR_SIZE_FIRST(struct tickweir_counter);
  uint32_t kind TICKWEIR_DEFAULT(0);
  const char* name TICKWEIR_DEFAULT(NULL);  /* snake_case, without prefix or _total: "gaps" */
  const char* label TICKWEIR_DEFAULT(NULL); /* NULL: one cell. Otherwise the label each cell is told by */
  const char* help TICKWEIR_DEFAULT(NULL);
} tickweir_counter;

enum tickweir_reason_flag {
  /* The event repeats one that went on before it: its sender is told that it is safe, not refused. */
  TICKWEIR_REASON_REPEAT = 1
};

/* Why a stage refuses or discards an event. Counted under its name. */
typedef struct tickweir_reason {
  TICKWEIR_SIZE_FIRST(struct tickweir_reason);
  uint32_t flags TICKWEIR_DEFAULT(0);
  const char* name TICKWEIR_DEFAULT(NULL); /* snake_case */
  const char* help TICKWEIR_DEFAULT(NULL);
} tickweir_reason;

/* ---- What the runtime hands to a plugin --------------------------------------------------------- */

typedef struct tickweir_value {
  TICKWEIR_SIZE_FIRST(struct tickweir_value);
  uint32_t item_count TICKWEIR_DEFAULT(0);    /* TEXT_LIST */
  int64_t integer TICKWEIR_DEFAULT(0);        /* INTEGER, BOOLEAN, DURATION, SIZE, CHOICE */
  double real TICKWEIR_DEFAULT(0);            /* REAL */
  const char* text TICKWEIR_DEFAULT(NULL);    /* TEXT, CHOICE */
  const char* const* items TICKWEIR_DEFAULT(NULL);
} tickweir_value;

typedef struct tickweir_error {
  TICKWEIR_SIZE_FIRST(struct tickweir_error);
  int32_t option TICKWEIR_DEFAULT(-1); /* index of the option at fault, or -1 */
  char* text TICKWEIR_DEFAULT(NULL);   /* room of the caller's; always ended by NUL */
  uint64_t text_capacity TICKWEIR_DEFAULT(0);
} tickweir_error;

enum tickweir_log_level {
  TICKWEIR_LOG_DEBUG = 1,
  TICKWEIR_LOG_INFO = 2,
  TICKWEIR_LOG_WARNING = 3,
  TICKWEIR_LOG_ERROR = 4
};

typedef struct tickweir_host {
  TICKWEIR_SIZE_FIRST(struct tickweir_host);
  void* state TICKWEIR_DEFAULT(NULL);
  /* ns since the Unix epoch. For sources, and for measuring; what a stage emits must not depend on it. */
  uint64_t (*now)(void* state) TICKWEIR_DEFAULT(NULL);
  /* Rate-limited. Not for the hot path. */
  void (*log)(void* state, uint32_t level, const char* text) TICKWEIR_DEFAULT(NULL);
  /* The cell(s) of counter `index`; for a counter with a label, of the series `label_value` (else NULL).
   * Call it in create or start only. The cells are the stage's alone to write (relaxed, single writer)
   * and live as long as the stage. Returns NULL when too many series were asked for. */
  uint64_t* (*cell)(void* state, uint32_t index, const char* label_value) TICKWEIR_DEFAULT(NULL);
} tickweir_host;

/* What a verdict in an event's header means, for a source that tells its clients. */
typedef struct tickweir_verdict {
  TICKWEIR_SIZE_FIRST(struct tickweir_verdict);
  uint32_t flags TICKWEIR_DEFAULT(0);              /* of the reason */
  const char* stage_id TICKWEIR_DEFAULT(NULL);
  const char* reason TICKWEIR_DEFAULT(NULL);       /* name of the drop reason */
  const char* help TICKWEIR_DEFAULT(NULL);
} tickweir_verdict;

/* A run of bytes. */
typedef struct tickweir_span {
  const uint8_t* data;
  uint64_t bytes;
} tickweir_span;

enum tickweir_file_flag {
  TICKWEIR_FILE_READ = 1,
  TICKWEIR_FILE_WRITE = 2,
  TICKWEIR_FILE_CREATE = 4 /* fails with EEXIST if it is there; mode 0600 */
};

/* All that durable parts (back ends, snapshots) do to the disk goes through this table, so that tests can
 * fail, tear, drop and reorder it. Thin: each function is one system call, repeated on EINTR only, and
 * returns -errno on failure. Nothing follows symbolic links. Any thread. */
typedef struct tickweir_files {
  TICKWEIR_SIZE_FIRST(struct tickweir_files);
  void* state TICKWEIR_DEFAULT(NULL);
  /* A handle (>= 0). */
  int32_t (*open)(void* state, const char* path, uint32_t flags) TICKWEIR_DEFAULT(NULL);
  int32_t (*close)(void* state, int32_t file) TICKWEIR_DEFAULT(NULL);
  /* Bytes read or written, maybe fewer than asked; 0 from read: end of file. */
  int64_t (*read)(void* state, int32_t file, void* room, uint64_t bytes, uint64_t offset)
      TICKWEIR_DEFAULT(NULL);
  int64_t (*write)(void* state, int32_t file, const tickweir_span* spans, uint32_t span_count,
                   uint64_t offset) TICKWEIR_DEFAULT(NULL);
  /* Makes what was written to the file, and its length, durable (fdatasync). */
  int32_t (*sync)(void* state, int32_t file) TICKWEIR_DEFAULT(NULL);
  int32_t (*resize)(void* state, int32_t file, uint64_t bytes) TICKWEIR_DEFAULT(NULL);
  int64_t (*bytes)(void* state, int32_t file) TICKWEIR_DEFAULT(NULL);
  /* An exclusive lock of the whole file for the life of the handle; -EWOULDBLOCK: somebody has it. */
  int32_t (*lock)(void* state, int32_t file) TICKWEIR_DEFAULT(NULL);
  int32_t (*rename)(void* state, const char* from, const char* to) TICKWEIR_DEFAULT(NULL);
  int32_t (*remove)(void* state, const char* path) TICKWEIR_DEFAULT(NULL);
  /* Mode 0700; -EEXIST if it is there. */
  int32_t (*make_folder)(void* state, const char* path) TICKWEIR_DEFAULT(NULL);
  /* Makes creations, renames and removals in a folder durable. */
  int32_t (*sync_folder)(void* state, const char* path) TICKWEIR_DEFAULT(NULL);
  /* Names in a folder, without . and .., in no order. */
  int32_t (*list)(void* state, const char* path, void* visitor, void (*visit)(void* visitor, const char* name))
      TICKWEIR_DEFAULT(NULL);
} tickweir_files;

typedef struct tickweir_context {
  TICKWEIR_SIZE_FIRST(struct tickweir_context);
  uint32_t option_count TICKWEIR_DEFAULT(0);
  const tickweir_value* options TICKWEIR_DEFAULT(NULL); /* in the descriptor's order, defaults filled in */
  const char* stage_id TICKWEIR_DEFAULT(NULL);
  uint32_t source_number TICKWEIR_DEFAULT(0);    /* for sources: the high 24 bits of the origin */
  uint32_t event_bytes_max TICKWEIR_DEFAULT(0);  /* no event may be larger: the bytes of a batch */
  uint32_t batch_events_max TICKWEIR_DEFAULT(0);
  uint32_t verdict_base TICKWEIR_DEFAULT(0);     /* verdict of drop reason i = verdict_base + i */
  uint64_t* drop_cells TICKWEIR_DEFAULT(NULL);   /* one per drop reason; the stage's alone to write */
  const tickweir_host* host TICKWEIR_DEFAULT(NULL);
  /* Of the whole pipeline; verdict v is entry v - 1. Lives as long as the stage. */
  const tickweir_verdict* verdicts TICKWEIR_DEFAULT(NULL);
  uint32_t verdict_count TICKWEIR_DEFAULT(0);
  uint32_t reserved TICKWEIR_DEFAULT(0);
  const tickweir_files* files TICKWEIR_DEFAULT(NULL); /* lives as long as the stage */
} tickweir_context;

/* ---- What the runtime calls -------------------------------------------------------------------- */

enum tickweir_result {
  TICKWEIR_FAILED = -1,
  TICKWEIR_OK = 0,
  TICKWEIR_IDLE = 1,    /* poll only: nothing now */
  TICKWEIR_FINISHED = 2, /* poll: nothing ever again; wal read: nothing from there on */
  TICKWEIR_FULL = 3      /* wal append only: no room on the disk, nothing of it was stored */
};

/* When a source that is idle wants to be asked again. */
typedef struct tickweir_idle {
  TICKWEIR_SIZE_FIRST(struct tickweir_idle);
  int32_t descriptor TICKWEIR_DEFAULT(-1); /* when this file descriptor is readable; -1: none */
  uint64_t wake_time TICKWEIR_DEFAULT(0);  /* at this time of host->now; 0: unknown, ask now and then */
} tickweir_idle;

/* Fills the open batches. Should return once the first is full; it is called again at once. */
typedef struct tickweir_source {
  TICKWEIR_SIZE_FIRST(struct tickweir_source);
  int32_t (*poll)(void* stage, tickweir_emitter*, tickweir_idle*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* What became of events, in the order in which they passed the log: without a verdict an event is durable
   * now; with one it was refused, or repeats one that is durable now (TICKWEIR_REASON_REPEAT). Shows every
   * event that passed, other sources' too: the origin tells. Called for every event of the source exactly
   * once, also between drain and stop. NULL: the source does not care, and needs no log. */
  int32_t (*settle)(void* stage, const tickweir_batch*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
} tickweir_source;

/* Gives verdicts and annotates, in place. Must not change the number, order or sizes of the events. */
typedef struct tickweir_filter {
  TICKWEIR_SIZE_FIRST(struct tickweir_filter);
  int32_t (*apply)(void* stage, tickweir_batch*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
} tickweir_filter;

/* Reads a batch and emits new events. Event types it does not know it ignores. */
typedef struct tickweir_transform {
  TICKWEIR_SIZE_FIRST(struct tickweir_transform);
  int32_t (*process)(void* stage, const tickweir_batch*, tickweir_emitter*, tickweir_error*)
      TICKWEIR_DEFAULT(NULL);
  /* Input events taken in whose result has not been emitted yet. NULL: always 0. */
  uint64_t (*held)(void* stage) TICKWEIR_DEFAULT(NULL);
} tickweir_transform;

/* Writes a batch outside. A batch that failed counts as not written. */
typedef struct tickweir_sink {
  TICKWEIR_SIZE_FIRST(struct tickweir_sink);
  int32_t (*write)(void* stage, const tickweir_batch*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
} tickweir_sink;

/* What a back end is asked to open. */
typedef struct tickweir_log_request {
  TICKWEIR_SIZE_FIRST(struct tickweir_log_request);
  uint32_t is_read_only TICKWEIR_DEFAULT(0); /* change nothing, repair nothing, take no lock */
  /* Event layouts as in the ELF note, one line an event, ended by NUL. Kept in a new log, so that it explains
   * itself; an old log keeps its own. */
  const char* schema TICKWEIR_DEFAULT(NULL);
} tickweir_log_request;

/* What it found. Text belongs to the back end and lives until the next call on it. */
typedef struct tickweir_log_state {
  TICKWEIR_SIZE_FIRST(struct tickweir_log_state);
  uint32_t reserved TICKWEIR_DEFAULT(0);
  uint64_t first_sequence TICKWEIR_DEFAULT(0); /* of the oldest event held; 0: none is */
  uint64_t last_sequence TICKWEIR_DEFAULT(0);  /* of the newest event ever held, dropped or not; 0: none */
  uint64_t bytes TICKWEIR_DEFAULT(0);          /* on disk */
  uint8_t id[16] TICKWEIR_DEFAULT({});         /* random, given at creation */
  const char* schema TICKWEIR_DEFAULT(NULL);   /* that of the log */
  const char* note TICKWEIR_DEFAULT(NULL);     /* what was repaired, for people; "" when nothing was */
} tickweir_log_state;

/* Storage of a log: keeps events under their sequences, which rise by one without a gap. The runtime gives
 * the sequences, makes the groups, decides when to sync and what counts as durable, and replays.
 *
 * Threading: calls come one after the other, but not always from the same thread.
 * Order:     create, open, then any of append, sync, read, truncate_before, describe; stop closes.
 *            tickweir_plugin::start is not called.
 * Promise:   after sync returned OK, whatever was appended before it survives the loss of power. After a
 *            crash, open finds a prefix of what was appended, at least up to the last good sync.
 * Errors:    a failed append or sync is final: the runtime calls nothing but stop and destroy afterwards.
 *            Damage that is not a torn end is an error of open or read that names place and sequence. */
typedef struct tickweir_wal {
  TICKWEIR_SIZE_FIRST(struct tickweir_wal);
  uint32_t reserved TICKWEIR_DEFAULT(0);
  int32_t (*open)(void* stage, const tickweir_log_request*, tickweir_log_state*, tickweir_error*)
      TICKWEIR_DEFAULT(NULL);
  /* Whole events without verdicts, one after the other through all spans; the first has `first_sequence`,
   * which is one more than the last before. Lent for the call. FULL: nothing of it is kept, may be called
   * again with the same. */
  int32_t (*append)(void* stage, const tickweir_span* spans, uint32_t span_count, uint64_t first_sequence,
                    uint32_t event_count, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  int32_t (*sync)(void* stage, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* Fills an empty batch with one or more whole events from `sequence` on. FINISHED: there is none.
   * An error if the event was dropped by truncate_before or is damaged. */
  int32_t (*read)(void* stage, uint64_t sequence, tickweir_batch*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* Events before `sequence` are not needed any more; may keep some of them. */
  int32_t (*truncate_before)(void* stage, uint64_t sequence, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* The present state, and in `note` how it stores and syncs: "pwrite + fdatasync, 4 segments". */
  int32_t (*describe)(void* stage, tickweir_log_state*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
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
  /* A stage upstream of a log is shown what once passed from it into the log, in order, after start and load
   * and before its first input. NULL: it need not know. */
  int32_t (*recover)(void* stage, const tickweir_batch*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
} tickweir_state;

typedef struct tickweir_plugin {
  TICKWEIR_SIZE_FIRST(struct tickweir_plugin);
  uint32_t role TICKWEIR_DEFAULT(0);
  const char* name TICKWEIR_DEFAULT(NULL);    /* "filter_dedup": role prefix, then what it does */
  const char* version TICKWEIR_DEFAULT(NULL); /* semantic version of the plugin */
  const char* summary TICKWEIR_DEFAULT(NULL); /* one sentence */
  /* Event types it acts on, "NewOrder|Cancel"; "*": any; sources: NULL. */
  const char* accepts TICKWEIR_DEFAULT(NULL);
  const tickweir_option* options TICKWEIR_DEFAULT(NULL);
  const tickweir_output* outputs TICKWEIR_DEFAULT(NULL);
  const tickweir_counter* counters TICKWEIR_DEFAULT(NULL);
  const tickweir_reason* reasons TICKWEIR_DEFAULT(NULL);
  uint32_t option_count TICKWEIR_DEFAULT(0);
  uint32_t output_count TICKWEIR_DEFAULT(0);
  uint32_t counter_count TICKWEIR_DEFAULT(0);
  uint32_t reason_count TICKWEIR_DEFAULT(0);

  /* Checks what single options cannot say. No side effects: no file, no socket, no thread. */
  int32_t (*validate)(const tickweir_value* options, uint32_t option_count, tickweir_error*)
      TICKWEIR_DEFAULT(NULL);
  /* Makes the stage. No side effects outside the process yet. */
  int32_t (*create)(const tickweir_context*, void** stage, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* Opens what it needs and reserves all memory of the hot path. NULL: nothing to do. */
  int32_t (*start)(void* stage, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* No more input will come: emit what is held, flush what is buffered. NULL: nothing to do. */
  int32_t (*drain)(void* stage, tickweir_emitter*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  /* Closes what start opened. NULL: nothing to do. */
  int32_t (*stop)(void* stage, tickweir_error*) TICKWEIR_DEFAULT(NULL);
  void (*destroy)(void* stage) TICKWEIR_DEFAULT(NULL);

  /* Exactly the one that belongs to the role. */
  const tickweir_source* source TICKWEIR_DEFAULT(NULL);
  const tickweir_filter* filter TICKWEIR_DEFAULT(NULL);
  const tickweir_transform* transform TICKWEIR_DEFAULT(NULL);
  const tickweir_sink* sink TICKWEIR_DEFAULT(NULL);
  const tickweir_wal* wal TICKWEIR_DEFAULT(NULL);

  /* NULL: the stage remembers nothing. */
  const tickweir_state* state TICKWEIR_DEFAULT(NULL);
} tickweir_plugin;

typedef const tickweir_plugin* (*tickweir_entry_fn)(void);

#ifdef __cplusplus
}
#endif

/* ---- The ELF note ------------------------------------------------------------------------------- *
 * Every plugin carries notes in the section .note.tickweir, owner "Tickweir" (9 bytes with NUL). They
 * are read from the file before any of its code runs. The text is UTF-8 lines ended by \n.
 *   type 1, build facts:   key=value lines: abi, sdk, name, compiler, stdlib, sanitizer, cpu
 *   type 2, event layouts: `Name size type field@offset:bytes ...`, one line an event
 * tickweir/note.h writes the first kind; each vocabulary header brings its own of the second. */
#define TICKWEIR_NOTE_SECTION ".note.tickweir"
#define TICKWEIR_NOTE_OWNER "Tickweir"
#define TICKWEIR_NOTE_BUILD 1
#define TICKWEIR_NOTE_LAYOUT 2
#define TICKWEIR_HEADER_LAYOUT \
  "EventHeader 32 0 size@0:4 type@4:2 verdict@6:1 flags@7:1 sequence@8:8 time@16:8 origin@24:8\n"

#endif

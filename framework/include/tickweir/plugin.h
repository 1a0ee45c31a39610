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
 *
 * In three files: plugin_files.h and plugin_log.h are parts of this one and included by it.
 */
#ifndef TICKWEIR_PLUGIN_H
#define TICKWEIR_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

/* While the major number is 0, both numbers must be equal on both sides. From 1.0 on, a plugin built
 * for minor N loads on every later minor of the same major. */
#define TICKWEIR_ABI_MAJOR 0
#define TICKWEIR_ABI_MINOR 6
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

#include "tickweir/plugin_files.h"

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
  uint32_t item_count TICKWEIR_DEFAULT(0); /* TEXT_LIST */
  int64_t integer TICKWEIR_DEFAULT(0);     /* INTEGER, BOOLEAN, DURATION, SIZE, CHOICE */
  double real TICKWEIR_DEFAULT(0);         /* REAL */
  const char* text TICKWEIR_DEFAULT(NULL); /* TEXT, CHOICE */
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
  uint64_t* (*cell)(void* state, uint32_t index, const char* label_value)TICKWEIR_DEFAULT(NULL);
} tickweir_host;

/* What a verdict in an event's header means, for a source that tells its clients. */
typedef struct tickweir_verdict {
  TICKWEIR_SIZE_FIRST(struct tickweir_verdict);
  uint32_t flags TICKWEIR_DEFAULT(0); /* of the reason */
  const char* stage_id TICKWEIR_DEFAULT(NULL);
  const char* reason TICKWEIR_DEFAULT(NULL); /* name of the drop reason */
  const char* help TICKWEIR_DEFAULT(NULL);
} tickweir_verdict;

typedef struct tickweir_context {
  TICKWEIR_SIZE_FIRST(struct tickweir_context);
  uint32_t option_count TICKWEIR_DEFAULT(0);
  const tickweir_value* options TICKWEIR_DEFAULT(NULL); /* in the descriptor's order, defaults filled in */
  const char* stage_id TICKWEIR_DEFAULT(NULL);
  uint32_t source_number TICKWEIR_DEFAULT(0);   /* for sources: the high 24 bits of the origin */
  uint32_t event_bytes_max TICKWEIR_DEFAULT(0); /* no event may be larger: the bytes of a batch */
  uint32_t batch_events_max TICKWEIR_DEFAULT(0);
  uint32_t verdict_base TICKWEIR_DEFAULT(0);   /* verdict of drop reason i = verdict_base + i */
  uint64_t* drop_cells TICKWEIR_DEFAULT(NULL); /* one per drop reason; the stage's alone to write */
  const tickweir_host* host TICKWEIR_DEFAULT(NULL);
  /* Of the whole pipeline; verdict v is entry v - 1. Lives as long as the stage. */
  const tickweir_verdict* verdicts TICKWEIR_DEFAULT(NULL);
  uint32_t verdict_count TICKWEIR_DEFAULT(0);
  uint32_t reserved TICKWEIR_DEFAULT(0);
  const tickweir_files* files TICKWEIR_DEFAULT(NULL); /* lives as long as the stage */
  uint32_t shard TICKWEIR_DEFAULT(0);                 /* below shard_count; see tickweir_transform */
  uint32_t shard_count TICKWEIR_DEFAULT(0);           /* 0: the stage is not sharded; 1 is sharded, too */
} tickweir_context;

/* ---- What the runtime calls -------------------------------------------------------------------- */

enum tickweir_result {
  TICKWEIR_FAILED = -1,
  TICKWEIR_OK = 0,
  TICKWEIR_IDLE = 1,     /* poll only: nothing now */
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
  /* After one or more calls of settle, when no more batches wait for now: the time to answer, once for all of
   * them. NULL: the source answers in settle, or not at all. */
  int32_t (*answer)(void* stage, tickweir_error*) TICKWEIR_DEFAULT(NULL);
} tickweir_source;

/* Gives verdicts and annotates, in place. Must not change the number, order or sizes of the events. */
typedef struct tickweir_filter {
  TICKWEIR_SIZE_FIRST(struct tickweir_filter);
  int32_t (*apply)(void* stage, tickweir_batch*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
} tickweir_filter;

/* Reads a batch and emits new events. Event types it does not know it ignores.
 *
 * Shards. With `shards: N` in the YAML there are N such stages, each on a thread of its own. Every one is
 * given every batch, and does what belongs to its share of the keys; context.shard and .shard_count tell
 * which. What they emit is merged, output by output, into what one stage would have emitted, whatever N is.
 * For that the `sequence` of each emitted event is its place: in the high 32 bits the byte offset, in the
 * data of the batch, of the event that caused it (in drain: 0), in the low 32 bits a rank among what that
 * event causes. Places on one output of one shard never fall within a call. The merge sets `sequence` to 0.
 */
typedef struct tickweir_transform {
  TICKWEIR_SIZE_FIRST(struct tickweir_transform);
  int32_t (*process)(void* stage, const tickweir_batch*, tickweir_emitter*, tickweir_error*)
      TICKWEIR_DEFAULT(NULL);
  /* Input events taken in whose result has not been emitted yet. NULL: always 0. */
  uint64_t (*held)(void* stage) TICKWEIR_DEFAULT(NULL);
  /* What shards divide among them, for people: "instrument". NULL: the stage cannot be sharded. */
  const char* shard_key TICKWEIR_DEFAULT(NULL);
  /* Events of two shards with the same place, type and size become one: adds `from` to `into`. Called on any
   * thread; keeps nothing. NULL: places of two shards are never the same. */
  void (*combine)(tickweir_event* into, const tickweir_event* from) TICKWEIR_DEFAULT(NULL);
} tickweir_transform;

/* Writes a batch outside. A batch that failed counts as not written. */
typedef struct tickweir_sink {
  TICKWEIR_SIZE_FIRST(struct tickweir_sink);
  int32_t (*write)(void* stage, const tickweir_batch*, tickweir_error*) TICKWEIR_DEFAULT(NULL);
} tickweir_sink;

#include "tickweir/plugin_log.h"

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
  /* No more input will come: emit what is held, flush what is buffered. NULL: nothing to do. Not called on a
   * transform behind a log: what it holds comes out when the run goes on, as if it had not ended. */
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

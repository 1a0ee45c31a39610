/* Part of plugin.h, which includes it: the file operations of whatever has to be durable. */
#ifndef TICKWEIR_PLUGIN_FILES_H
#define TICKWEIR_PLUGIN_FILES_H

/* A run of bytes. */
typedef struct tickweir_span {
  const uint8_t* data;
  uint64_t bytes;
} tickweir_span;

enum tickweir_file_flag {
  TICKWEIR_FILE_READ = 1,
  TICKWEIR_FILE_WRITE = 2,
  TICKWEIR_FILE_CREATE = 4, /* fails with EEXIST if it is there; mode 0600 */
  /* Past the page cache, if the file system can (otherwise as without): memory, bytes and offsets of reads
   * and writes are whole pages of 4096 bytes; of what a short write left over, 512. */
  TICKWEIR_FILE_DIRECT = 8
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
  int32_t (*list)(void* state, const char* path, void* visitor,
                  void (*visit)(void* visitor, const char* name)) TICKWEIR_DEFAULT(NULL);
  /* What write and sync are, for people: "pwritev + fdatasync". NULL: nobody says. Lives as
   * long as the table. */
  const char* how TICKWEIR_DEFAULT(NULL);
} tickweir_files;

#endif

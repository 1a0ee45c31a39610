// Groups in a RocksDB database, in the folder `db` of the log: one value a group, keys in big-endian order.
//
// put() writes to RocksDB's own log without a sync (manual_wal_flush is off: by write(2) before it returns),
// so it can be read at once and outlives the process; commit() syncs that log. Values go to blob files when
// the memory table is flushed, so compaction never copies them. A torn end of RocksDB's log is cut: by
// check_logs(), or by RocksDB (kTolerateCorruptedTailRecords, as for synced writes). Damage within it is an
// error, which check_logs() finds; whoever only reads is shown what comes before.
//
// Threading: one call after the other; RocksDB flushes on threads of its own.
// Errors:    thrown as std::runtime_error with RocksDB's words.
#pragma once

#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/slice.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "rocksdb_logs.h"
#include "tickweir/grouped_log.h"

namespace tickweir::rocks {

// RocksDB writes a file of what it does unless it is given a place for it.
class NoLogger final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

class Store {
 public:
  static constexpr const char* file = "db/CURRENT";
  static constexpr bool puts_outlive_process = true;  // a put is in RocksDB's log file when it returns

  explicit Store(const Context&) {}
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store() { close(); }

  void open(const LogFolder& folder, bool is_read_only) {
    path_ = folder.file("db");
    if (folder.has("db")) found_ = check_logs(folder, path_, is_read_only);
    rocksdb::DB* opened = nullptr;
    rocksdb::Options options = make_options();
    if (is_read_only && !(found_.damage.empty() && found_.note.empty())) {
      options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    }
    const rocksdb::Status status = is_read_only ? rocksdb::DB::OpenForReadOnly(options, path_, &opened)
                                                : rocksdb::DB::Open(options, path_, &opened);
    check(status, "open");
    database_.reset(opened);
  }

  void close() {
    if (database_ == nullptr) return;
    static_cast<void>(database_->Close());
    database_.reset();
  }

  bool meta(const char* name, std::string& into) {
    const rocksdb::Status status = database_->Get({}, std::string("meta ") + name, &into);
    if (status.IsNotFound()) return false;
    check(status, "read");
    return true;
  }

  bool first(LogGroup& into) {
    const auto at = cursor();
    at->Seek(Key(0).slice());
    return take(*at, into);
  }
  bool at_or_before(std::uint64_t key, LogGroup& into) {
    const auto at = cursor();
    at->SeekForPrev(Key(key).slice());
    return take(*at, into);
  }

  void put_meta(const char* name, std::string_view value) {
    resume();
    check(database_->Put({}, std::string("meta ") + name, {value.data(), value.size()}), "write");
  }

  void put(std::uint64_t key, std::span<const std::uint8_t> group) {
    resume();
    const rocksdb::Status status =
        database_->Put({}, Key(key).slice(), {reinterpret_cast<const char*>(group.data()), group.size()});
    if (status.IsNoSpace()) is_stopped_by_full_disk_ = true, throw LogFull(text_of(status, "write"));
    check(status, "write");
    unflushed_bytes_ += group.size();
    if (unflushed_bytes_ >= memory_table_bytes) flush();
  }

  // Whole files first, which costs nothing, then a mark for the rest.
  void erase_before(std::uint64_t key) {
    const Key begin(0);
    const Key end(key);
    const rocksdb::Slice from = begin.slice();
    const rocksdb::Slice to = end.slice();
    check(database_->DeleteRange({}, database_->DefaultColumnFamily(), from, to), "delete from");
    check(database_->SyncWAL(), "sync");  // before any file goes: what is left is still a log
    check(rocksdb::DeleteFilesInRange(database_.get(), database_->DefaultColumnFamily(), &from, &to, false),
          "delete files of");
  }

  void commit() {
    resume();
    check(database_->SyncWAL(), "sync");
  }

  [[nodiscard]] const std::string& note() const { return found_.note; }
  [[nodiscard]] const std::string& damage() const { return found_.damage; }
  [[nodiscard]] std::string how() const {
    return "RocksDB " + rocksdb::GetRocksVersionAsString() + ", one value a group, SyncWAL";
  }

 private:
  // 'g' and the sequence, most significant byte first: keys sort as sequences do, those of the meta data
  // behind them.
  class Key {
   public:
    explicit Key(std::uint64_t sequence) {
      for (std::size_t i = 0; i < 8; ++i) bytes_[1 + i] = static_cast<char>(sequence >> (56 - 8 * i) & 0xFF);
    }
    [[nodiscard]] rocksdb::Slice slice() const { return {bytes_, sizeof bytes_}; }

   private:
    char bytes_[9] = {'g'};
  };

  static constexpr std::size_t memory_table_bytes = std::size_t{32} << 20;  // of groups

  // Flushes before RocksDB would: it goes on in another log then, and by itself it would not sync this one.
  // Power that is lost would cut the end of this one and leave the other.
  void flush() {
    commit();
    rocksdb::FlushOptions options;
    options.wait = false;
    options.allow_write_stall = true;
    const rocksdb::Status status = database_->Flush(options);
    if (status.IsTryAgain()) return;                // all tables are full: the next put() waits for them
    is_stopped_by_full_disk_ = status.IsNoSpace();  // the next put() says so
    if (is_stopped_by_full_disk_) return;
    check(status, "flush");
    unflushed_bytes_ = 0;
  }

  static rocksdb::Options make_options() {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.paranoid_checks = true;
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    options.info_log = std::make_shared<NoLogger>();
    options.compression = rocksdb::kNoCompression;  // events hardly shrink, and a group must not wait for it
    options.enable_blob_files = true;
    options.min_blob_size = 1024;
    options.blob_file_size = std::uint64_t{256} << 20;
    options.write_buffer_size = 2 * memory_table_bytes;  // with a table's own needs, less: flush() is first
    options.max_write_buffer_number = 8;
    options.allow_concurrent_memtable_write = false;  // there is one writer
    options.enable_write_thread_adaptive_yield = false;
    options.max_open_files = 256;
    return options;
  }

  [[nodiscard]] std::unique_ptr<rocksdb::Iterator> cursor() const {
    rocksdb::ReadOptions options;
    options.fill_cache = false;  // each group is read once
    return std::unique_ptr<rocksdb::Iterator>(database_->NewIterator(options));
  }

  bool take(const rocksdb::Iterator& at, LogGroup& into) const {
    check(at.status(), "read");
    if (!at.Valid() || at.key().size() != 9 || at.key()[0] != 'g') return false;
    into.key = 0;
    for (std::size_t i = 1; i < 9; ++i) into.key = into.key << 8 | static_cast<std::uint8_t>(at.key()[i]);
    const rocksdb::Slice value = at.value();
    check(at.status(), "read");  // the value may come from another file
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(value.data());
    into.bytes.assign(bytes, bytes + value.size());
    return true;
  }

  // RocksDB takes nothing more after it found the disk full, until a thread of its own (busy, until then)
  // finds room and has flushed what is in memory; the log in which a write ended half way is then not used
  // any more.
  void resume() {
    if (!is_stopped_by_full_disk_) return;
    const rocksdb::Status status = database_->Resume();
    if (status.IsNoSpace() || status.IsBusy()) throw LogFull(text_of(status, "go on with"));
    check(status, "go on with");
    is_stopped_by_full_disk_ = false;
  }

  [[nodiscard]] std::string text_of(const rocksdb::Status& status, const char* doing) const {
    return std::string("cannot ") + doing + " " + path_ + ": RocksDB says " + status.ToString();
  }
  void check(const rocksdb::Status& status, const char* doing) const {
    if (!status.ok()) throw std::runtime_error(text_of(status, doing));
  }

  std::string path_;
  LogsFound found_;
  std::unique_ptr<rocksdb::DB> database_;
  bool is_stopped_by_full_disk_ = false;
  std::uint64_t unflushed_bytes_ = 0;  // put since the memory table was new
};

}  // namespace tickweir::rocks

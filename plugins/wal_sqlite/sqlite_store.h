// Groups in an SQLite database: one row a group, one file, journal_mode=WAL, synchronous=FULL.
//
// The owner opens it with locking_mode=EXCLUSIVE: then the index of SQLite's own log is in memory, and no
// other program can open the database. A reader that must change nothing opens it without locks (the VFS
// unix-none), and as immutable when there is no log of SQLite's to read.
//
// Threading: one call after the other. Errors: thrown as std::runtime_error, SQLITE_FULL in put() as LogFull.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "sqlite_frames.h"
#include "tickweir/grouped_log.h"

namespace tickweir::sqlite {

class Statement {
 public:
  Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { finish(); }

  void finish() { sqlite3_finalize(raw), raw = nullptr; }

  sqlite3_stmt* raw = nullptr;
};

class Store {
 public:
  static constexpr const char* file = "log.sqlite";

  explicit Store(const Context&) {}
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store() { close(); }

  void open(const LogFolder& folder, bool is_read_only) {
    path_ = folder.file(file);
    try {
      check_frames(path_ + "-wal", folder.files());
    } catch (const LogDamage& damage) {
      if (!is_read_only) throw;
      damage_ = damage.what();
    }
    try {
      open_tables(is_read_only);
    } catch (const std::runtime_error&) {
      if (damage_.empty()) throw;
      throw LogDamage(damage_);  // the tables themselves lie behind it
    }
  }
  // Of SQLite's own log, which SQLite reads up to there.
  [[nodiscard]] const std::string& damage() const { return damage_; }

  void close() {
    for (Statement* one : {&get_meta_, &first_, &at_or_before_, &put_meta_, &put_, &erase_}) one->finish();
    sqlite3_close(database_);  // rolls back what is not committed
    database_ = nullptr;
    is_begun_ = has_leftovers_ = false;
  }

  bool meta(const char* name, std::string& into) {
    const Reset use(get_meta_);
    sqlite3_bind_text(use.raw, 1, name, -1, SQLITE_STATIC);
    if (!step(use.raw, "read")) return false;
    into.assign(static_cast<const char*>(sqlite3_column_blob(use.raw, 0)),
                static_cast<std::size_t>(sqlite3_column_bytes(use.raw, 0)));
    return true;
  }

  bool first(LogGroup& into) { return load(first_, into); }
  bool at_or_before(std::uint64_t key, LogGroup& into) {
    sqlite3_bind_int64(at_or_before_.raw, 1, signed_key(key));
    return load(at_or_before_, into);
  }

  void put_meta(const char* name, std::string_view value) {
    begin();
    const Reset use(put_meta_);
    sqlite3_bind_text(use.raw, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(use.raw, 2, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC);
    step(use.raw, "write");
  }

  void put(std::uint64_t key, std::span<const std::uint8_t> group) {
    begin();
    const Reset use(put_);
    sqlite3_bind_int64(use.raw, 1, signed_key(key));
    sqlite3_bind_blob64(use.raw, 2, group.data(), group.size(), SQLITE_STATIC);
    const int code = sqlite3_step(use.raw);
    if (code == SQLITE_DONE) return;
    // The statement is undone; the transaction goes on unless SQLite ended that, too.
    if (code == SQLITE_FULL && sqlite3_get_autocommit(database_) == 0) throw LogFull(text_of("write"));
    throw std::runtime_error(text_of("write"));
  }

  void erase_before(std::uint64_t key) {
    begin();
    const Reset use(erase_);
    sqlite3_bind_int64(use.raw, 1, signed_key(key));
    step(use.raw, "delete from");
  }

  void commit() {
    if (!is_begun_) return;
    run("COMMIT");
    is_begun_ = false;
  }

  void roll_back() {
    is_begun_ = false;
    has_leftovers_ = true;
    if (sqlite3_get_autocommit(database_) == 0) run("ROLLBACK");  // otherwise SQLite has done so itself
  }

  [[nodiscard]] std::string how() const {
    return std::string("SQLite ") + sqlite3_libversion() + ", journal_mode=WAL, synchronous=FULL";
  }

 private:
  // A prepared statement for one use.
  struct Reset {
    explicit Reset(const Statement& statement) : raw(statement.raw) {}
    Reset(const Reset&) = delete;
    Reset& operator=(const Reset&) = delete;
    ~Reset() {
      sqlite3_reset(raw);
      sqlite3_clear_bindings(raw);
    }
    sqlite3_stmt* raw;
  };

  static std::int64_t signed_key(std::uint64_t key) {
    constexpr std::uint64_t highest = ~std::uint64_t{0} >> 1;
    return static_cast<std::int64_t>(std::min(key, highest));
  }

  void open_tables(bool is_read_only) {
    open_database(is_read_only);
    run("PRAGMA locking_mode=EXCLUSIVE");  // before anything is read, so that no shared memory is used
    run("PRAGMA trusted_schema=OFF");
    run("PRAGMA cell_size_check=ON");
    run("PRAGMA cache_size=-65536");  // what is not committed stays in memory
    if (!is_read_only) {
      run("PRAGMA page_size=16384");  // the manual's advice for blobs of this size; for a new file only
      expect("PRAGMA journal_mode=WAL", "wal");
      run("PRAGMA synchronous=FULL");
      run("PRAGMA wal_autocheckpoint=2048");
      // So that what one crash left in the -wal file never lies behind what the next one leaves:
      // check_frames() counts on it.
      run(empties_frames);
      run("CREATE TABLE IF NOT EXISTS groups(first_sequence INTEGER PRIMARY KEY, events BLOB NOT NULL)");
      run("CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID");
    }
    prepare(get_meta_, "SELECT value FROM meta WHERE name=?");
    prepare(first_, "SELECT first_sequence, events FROM groups ORDER BY first_sequence LIMIT 1");
    prepare(at_or_before_,
            "SELECT first_sequence, events FROM groups WHERE first_sequence<=? "
            "ORDER BY first_sequence DESC LIMIT 1");
    prepare(put_meta_, "INSERT OR REPLACE INTO meta VALUES(?,?)");
    prepare(put_, "INSERT INTO groups VALUES(?,?)");
    prepare(erase_, "DELETE FROM groups WHERE first_sequence<?");
  }

  void open_database(bool is_read_only) {
    std::string uri = "file:";
    for (const char c : path_) {
      if (c == '%' || c == '?' || c == '#') {
        char escaped[4];
        std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned>(c));
        uri += escaped;
      } else {
        uri += c;
      }
    }
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW;
    if (is_read_only) {
      flags |= SQLITE_OPEN_READONLY;
      uri += has_frames() ? "?vfs=unix-none" : "?immutable=1";
    } else {
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    }
    const int code = sqlite3_open_v2(uri.c_str(), &database_, flags, nullptr);
    if (code != SQLITE_OK) throw std::runtime_error(text_of("open"));
    sqlite3_extended_result_codes(database_, 0);
    if (is_read_only) sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  [[nodiscard]] bool has_frames() const {
    std::error_code absent;
    const std::uintmax_t bytes = std::filesystem::file_size(path_ + "-wal", absent);
    return !absent && bytes != 0;
  }

  [[nodiscard]] std::string text_of(const char* doing) const {
    return std::string("cannot ") + doing + " " + path_ + ": " +
           (database_ == nullptr ? "out of memory" : sqlite3_errmsg(database_)) + " (SQLite code " +
           std::to_string(sqlite3_extended_errcode(database_)) + ")";
  }

  void run(const char* sql) {
    if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return;
    throw std::runtime_error(text_of(sql));
  }
  void expect(const char* sql, std::string_view wanted) {
    Statement asked;
    prepare(asked, sql);
    step(asked.raw, sql);
    const auto* told = reinterpret_cast<const char*>(sqlite3_column_text(asked.raw, 0));
    if (told == nullptr || told != wanted) {
      throw std::runtime_error(path_ + ": " + sql + " gave " + (told == nullptr ? "nothing" : told) +
                               "; the file system may not allow it");
    }
  }
  void prepare(Statement& statement, const char* sql) {
    const int code =
        sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement.raw, nullptr);
    if (code != SQLITE_OK) throw std::runtime_error(text_of("use"));
  }
  // True: there is a row.
  bool step(sqlite3_stmt* statement, const char* doing) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) throw std::runtime_error(text_of(doing));
    return false;
  }
  void begin() {
    if (is_begun_) return;
    if (has_leftovers_) empty_frames();
    run("BEGIN IMMEDIATE");
    is_begun_ = true;
  }
  // A commit that failed and was rolled back has left frames behind the end, maybe whole ones, and the next
  // one may be shorter: check_frames() would take both for synced. The disk may be as full as it was then.
  void empty_frames() {
    const int code = sqlite3_exec(database_, empties_frames, nullptr, nullptr, nullptr);
    if (code == SQLITE_FULL) throw LogFull(text_of(empties_frames));
    if (code != SQLITE_OK) throw std::runtime_error(text_of(empties_frames));
    has_leftovers_ = false;
  }
  bool load(const Statement& statement, LogGroup& into) {
    const Reset use(statement);
    if (!step(use.raw, "read")) return false;
    into.key = static_cast<std::uint64_t>(sqlite3_column_int64(use.raw, 0));
    const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(use.raw, 1));
    into.bytes.assign(bytes, bytes + sqlite3_column_bytes(use.raw, 1));
    return true;
  }

  static constexpr const char* empties_frames = "PRAGMA wal_checkpoint(TRUNCATE)";

  std::string path_;
  std::string damage_;
  sqlite3* database_ = nullptr;
  bool is_begun_ = false;
  bool has_leftovers_ = false;  // in the -wal file
  Statement get_meta_, first_, at_or_before_, put_meta_, put_, erase_;
};

}  // namespace tickweir::sqlite

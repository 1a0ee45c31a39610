// Groups in an LMDB environment: integer keys, appended, one value a group, default (full) sync.
//
// LMDB's own lock file is not used (MDB_NOLOCK): the folder's lock keeps a second owner off, a transaction
// may then go on in another thread, and a reader changes nothing. What is not committed lies in one open
// write transaction; each read of a reader is a transaction of its own, since the owner may go on meanwhile.
//
// Threading: one call after the other. Memory: the map is address space; dirty pages of one transaction.
// Errors:    thrown as std::runtime_error; a full map in put() as LogFull.
#pragma once

#include <lmdb.h>

#include <cerrno>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "tickweir/grouped_log.h"

namespace tickweir::lmdb {

class Store {
 public:
  static constexpr const char* file = "data.mdb";

  explicit Store(const Context& context)
      : map_bytes_(static_cast<std::uint64_t>(context.options.size("map_size"))) {}
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store() { close(); }

  void open(const LogFolder& folder, bool is_read_only) {
    path_ = folder.file(file);
    check(mdb_env_create(&environment_), "open");
    // Never less than what is there: reading must work whatever the option says.
    check(mdb_env_set_mapsize(environment_, std::max(map_bytes_, file_bytes() + (std::uint64_t{1} << 20))),
          "map");
    check(mdb_env_set_maxdbs(environment_, 2), "open");
    check_length_before();
    const unsigned flags = MDB_NOSUBDIR | MDB_NOLOCK | MDB_NORDAHEAD | (is_read_only ? MDB_RDONLY : 0U);
    check(mdb_env_open(environment_, path_.c_str(), flags, 0600), "open");
    check_length();
    if (!is_read_only) extended_ = folder.files().open(path_, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE);
    extend();
    MDB_txn* opening = nullptr;
    check(mdb_txn_begin(environment_, nullptr, is_read_only ? MDB_RDONLY : 0U, &opening), "read");
    const unsigned create = is_read_only ? 0U : MDB_CREATE;
    int code = mdb_dbi_open(opening, "groups", create | MDB_INTEGERKEY, &groups_);
    if (code == MDB_SUCCESS) code = mdb_dbi_open(opening, "meta", create, &meta_);
    if (code == MDB_SUCCESS) {
      code = mdb_txn_commit(opening);
    } else {
      mdb_txn_abort(opening);
    }
    check(code, "open the tables of");
  }

  void close() {
    roll_back();
    if (environment_ != nullptr) mdb_env_close(environment_);
    environment_ = nullptr;
    extended_.close();
  }

  bool meta(const char* name, std::string& into) {
    return with_reading([&](MDB_txn* transaction) {
      MDB_val key = value_of(name);
      MDB_val found{};
      const int code = mdb_get(transaction, meta_, &key, &found);
      if (code == MDB_NOTFOUND) return false;
      check(code, "read");
      into.assign(static_cast<const char*>(found.mv_data), found.mv_size);
      return true;
    });
  }

  bool first(LogGroup& into) { return load(0, MDB_FIRST, into); }

  bool at_or_before(std::uint64_t key, LogGroup& into) {
    return with_reading([&](MDB_txn* transaction) {
      const Cursor cursor(*this, transaction);
      MDB_val wanted{sizeof key, &key};
      MDB_val found{};
      int code = mdb_cursor_get(cursor.raw, &wanted, &found, MDB_SET_RANGE);  // the first one not below
      if (code == MDB_NOTFOUND) {
        code = mdb_cursor_get(cursor.raw, &wanted, &found, MDB_LAST);
      } else if (code == MDB_SUCCESS && key_of(wanted) != key) {
        code = mdb_cursor_get(cursor.raw, &wanted, &found, MDB_PREV);
      }
      return take(code, wanted, found, into);
    });
  }

  void put_meta(const char* name, std::string_view value) {
    begin();
    MDB_val key = value_of(name);
    MDB_val data = value_of(value);
    check(mdb_put(writing_, meta_, &key, &data, 0), "write");
  }

  void put(std::uint64_t key, std::span<const std::uint8_t> group) {
    require_room(group.size());
    begin();
    // Within a transaction of its own, so that a put that fails leaves the earlier ones as they are.
    MDB_txn* within = nullptr;
    check(mdb_txn_begin(environment_, writing_, 0, &within), "write");
    MDB_val key_value{sizeof key, &key};
    MDB_val data{group.size(), const_cast<std::uint8_t*>(group.data())};
    int code = mdb_put(within, groups_, &key_value, &data, MDB_APPEND);
    if (code == MDB_SUCCESS) {
      code = mdb_txn_commit(within);
    } else {
      mdb_txn_abort(within);
    }
    if (code == MDB_MAP_FULL) throw full();
    check(code, "write");
    dirty_bytes_ += group.size() + 3 * page_bytes();
  }

  // In steps, each a commit: the list of the pages that a commit frees is one value, of 8 bytes a page, and
  // what require_room() keeps back has no room for that of a large log.
  void erase_before(std::uint64_t key) {
    while (erase_some_before(key)) end_transaction();
    has_erased_ = true;
  }

  void commit() {
    if (writing_ == nullptr) return;
    end_transaction();
    if (!has_erased_) return;
    has_erased_ = false;
    put_meta("erased", "");  // pages are used again from the second commit on after they were freed
    end_transaction();
  }

  void roll_back() {
    if (writing_ != nullptr) mdb_txn_abort(std::exchange(writing_, nullptr));
    dirty_bytes_ = 0;
    has_erased_ = false;
  }

  [[nodiscard]] std::string how() const {
    int major = 0;
    int minor = 0;
    int patch = 0;
    mdb_version(&major, &minor, &patch);
    return "LMDB " + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch) +
           ", a synced commit each, map_size " + std::to_string(map_bytes_) + " bytes";
  }

 private:
  struct Reading {
    explicit Reading(const Store& store) {
      store.check(mdb_txn_begin(store.environment_, nullptr, MDB_RDONLY, &raw), "read");
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    ~Reading() { mdb_txn_abort(raw); }
    MDB_txn* raw = nullptr;
  };
  struct Cursor {
    Cursor(const Store& store, MDB_txn* transaction) {
      store.check(mdb_cursor_open(transaction, store.groups_, &raw), "read");
    }
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
    ~Cursor() { mdb_cursor_close(raw); }
    MDB_cursor* raw = nullptr;
  };

  static MDB_val value_of(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

  std::uint64_t key_of(const MDB_val& value) const {
    std::uint64_t key = 0;
    if (value.mv_size != sizeof key) {
      throw LogDamage(path_ + " holds a key of " + std::to_string(value.mv_size) +
                      " bytes, 8 expected; restore it from a copy");
    }
    std::memcpy(&key, value.mv_data, sizeof key);
    return key;
  }

  bool take(int code, const MDB_val& key, const MDB_val& found, LogGroup& into) const {
    if (code == MDB_NOTFOUND) return false;
    check(code, "read");
    into.key = key_of(key);
    const auto* bytes = static_cast<const std::uint8_t*>(found.mv_data);
    // A length that rotted would lead behind the end of the file: the group's head must agree with it first.
    LogGroupHead head{};
    if (found.mv_size >= sizeof head) std::memcpy(&head, bytes, sizeof head);
    const bool is_whole = found.mv_size == sizeof head + head.bytes;
    into.bytes.assign(bytes, bytes + (is_whole ? found.mv_size : std::min(found.mv_size, sizeof head)));
    return true;
  }

  bool load(std::uint64_t key, MDB_cursor_op operation, LogGroup& into) {
    return with_reading([&](MDB_txn* transaction) {
      const Cursor cursor(*this, transaction);
      MDB_val at{sizeof key, &key};
      MDB_val found{};
      const int code = mdb_cursor_get(cursor.raw, &at, &found, operation);
      return take(code, at, found, into);
    });
  }

  // Runs `read` in the open write transaction, or in one of its own.
  template <typename Read>
  bool with_reading(Read&& read) {
    if (writing_ != nullptr) return read(writing_);
    const Reading reading(*this);
    return read(reading.raw);
  }

  void begin() {
    if (writing_ == nullptr) check(mdb_txn_begin(environment_, nullptr, 0, &writing_), "write");
  }

  // False: there are no more.
  bool erase_some_before(std::uint64_t key) {
    constexpr std::uint64_t pages_max = 8192;  // the list takes a sixteenth of what is kept back
    begin();
    MDB_cursor* cursor = nullptr;
    check(mdb_cursor_open(writing_, groups_, &cursor), "delete from");
    const std::uint64_t bytes_of_page = page_bytes();
    std::uint64_t pages = 0;
    MDB_val at{};
    MDB_val group{};
    int code = mdb_cursor_get(cursor, &at, &group, MDB_FIRST);
    while (code == MDB_SUCCESS && key_of(at) < key && pages < pages_max) {
      pages += group.mv_size / bytes_of_page + 1;
      code = mdb_cursor_del(cursor, 0);
      if (code == MDB_SUCCESS) code = mdb_cursor_get(cursor, &at, &group, MDB_FIRST);
    }
    mdb_cursor_close(cursor);
    if (code != MDB_NOTFOUND) check(code, "delete from");
    dirty_bytes_ += 16 * pages;  // their list, at the most
    return pages >= pages_max;
  }

  void end_transaction() {
    extend();
    MDB_txn* const transaction = std::exchange(writing_, nullptr);  // gone, whatever becomes of it
    const int code = mdb_txn_commit(transaction);
    if (code == EIO)
      throw std::runtime_error(text_of(code, "commit to") + "; a full disk is told like this, too");
    check(code, "commit to");
    dirty_bytes_ = 0;
  }

  // Keeps back some pages for the commit itself, which must not find the map full.
  void require_room(std::uint64_t bytes) {
    constexpr std::uint64_t kept_back = 256;
    const std::uint64_t pages = map_bytes_ / page_bytes();
    const std::uint64_t wanted = (dirty_bytes_ + bytes) / page_bytes() + kept_back;
    const std::uint64_t used = last_page() + 1;
    if (used + wanted <= pages) return;
    if (used + wanted > pages + free_pages()) throw full();
  }

  // Pages that were freed and may be used again: table 0 of every environment lists them, for readers only.
  std::uint64_t free_pages() {
    const Reading reading(*this);
    MDB_cursor* cursor = nullptr;
    check(mdb_cursor_open(reading.raw, 0, &cursor), "measure");
    std::uint64_t count = 0;
    MDB_val key{};
    MDB_val list{};
    while (mdb_cursor_get(cursor, &key, &list, MDB_NEXT) == MDB_SUCCESS) {
      std::size_t pages = 0;
      std::memcpy(&pages, list.mv_data, sizeof pages);
      count += pages;
    }
    mdb_cursor_close(cursor);
    return count;
  }

  [[nodiscard]] LogFull full() const {
    return LogFull("the map of " + path_ + " is full: map_size is " + std::to_string(map_bytes_) +
                   " bytes; raise map_size, or let old events be dropped");
  }

  [[nodiscard]] std::uint64_t page_bytes() const {
    MDB_stat stat{};
    return mdb_env_stat(environment_, &stat) == MDB_SUCCESS ? stat.ms_psize : 4096;
  }
  [[nodiscard]] std::uint64_t file_bytes() const {
    std::error_code absent;
    const std::uintmax_t bytes = std::filesystem::file_size(path_, absent);
    return absent ? 0 : bytes;
  }

  [[nodiscard]] std::uint64_t last_page() const {
    MDB_envinfo info{};
    check(mdb_env_info(environment_, &info), "measure");
    return info.me_last_pgno;
  }

  // Makes the file longer ahead of the pages that the next commit may use, without giving it blocks. So a
  // sync seldom has a new length to store, and a file shorter than its pages is one that was cut.
  void extend() {
    constexpr std::uint64_t step = std::uint64_t{8} << 20;
    const std::uint64_t needed = (last_page() + 64) * page_bytes() + dirty_bytes_;
    if (!extended_.is_open() || extended_.bytes() >= needed) return;
    extended_.resize((needed / step + 1) * step);
  }

  // LMDB maps the file and believes its first two pages: to read a page behind the end would be a crash.
  void check_length_before() const {
    const std::uint64_t bytes = file_bytes();
    if (bytes != 0 && bytes < std::uint64_t{2} * 4096) throw cut(bytes, std::uint64_t{2} * 4096);
  }
  void check_length() const {
    const std::uint64_t needed = (last_page() + 1) * page_bytes();
    if (file_bytes() < needed) throw cut(file_bytes(), needed);
  }
  [[nodiscard]] LogDamage cut(std::uint64_t bytes, std::uint64_t needed) const {
    return LogDamage(path_ + " has " + std::to_string(bytes) + " bytes, at least " + std::to_string(needed) +
                     " expected: its end is missing; restore it from a copy");
  }

  void check(int code, const char* doing) const {
    if (code != MDB_SUCCESS) throw std::runtime_error(text_of(code, doing));
  }
  [[nodiscard]] std::string text_of(int code, const char* doing) const {
    return std::string("cannot ") + doing + " " + path_ + ": " + mdb_strerror(code) + " (LMDB code " +
           std::to_string(code) + ")";
  }

  std::uint64_t map_bytes_;
  std::string path_;
  File extended_;  // data.mdb once more, to change its length
  MDB_env* environment_ = nullptr;
  MDB_txn* writing_ = nullptr;
  MDB_dbi groups_ = 0;
  MDB_dbi meta_ = 0;
  bool has_erased_ = false;
  std::uint64_t dirty_bytes_ = 0;  // put since the last commit, rounded up
};

}  // namespace tickweir::lmdb

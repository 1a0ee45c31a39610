// A back end on top of a key-value store: the contract of tickweir_wal once, for every such store.
//
//   class X final : public GroupedLog<XStore> { using GroupedLog::GroupedLog; };
//
// Events are kept in groups (log_group.h) under the sequence of their first event, one group an append as a
// rule. XStore does the storing and is made from a `const Context&`:
//
//   static constexpr const char* file;             what must be in the folder of a log that exists
//   static constexpr bool puts_outlive_process;    what put() took is there after the process was killed;
//                                                  may be left out: false
//   void open(const LogFolder&, bool is_read_only);
//   void close();                                  drops what is not committed
//   bool meta(const char* name, std::string& into);
//   bool first(LogGroup& into);                    the group with the lowest key; false: there is none
//   bool at_or_before(std::uint64_t key, LogGroup& into);   the one with the highest key not above `key`
//   void put_meta(const char* name, std::string_view value);
//   void put(std::uint64_t key, std::span<const std::uint8_t> group);   LogFull: nothing of it is kept
//   void erase_before(std::uint64_t key);          may commit, also what was put before
//   void commit();                                 makes all since the last commit durable, or none of it
//   void roll_back();                              drops what is not committed and goes on, whatever failed;
//                                                  may be left out by a store that always can
//   std::string how();                             how it stores and syncs, for people
//   const std::string& damage();                   opened to be read only: of what would come behind all that
//                                                  it shows; "": none; may be left out
//   const std::string& note();                     what open() mended, or found and left; may be left out
//
// Reading shows what was put, committed or not. Options: a text, `path`. The store has a way of its own to
// the disk, so nothing here goes through tickweir_files: a test's disk would hold a lock and no log.
//
// Threading: one call after the other, from changing threads.
// Memory:    two groups: the last one read, and the one being made.
// Errors:    thrown; those of the store pass through. See wal_backend.h.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "tickweir/log_folder.h"
#include "tickweir/log_group.h"
#include "tickweir/stage.h"

namespace tickweir {

struct LogGroup {
  std::uint64_t key = 0;
  std::vector<std::uint8_t> bytes;
};

template <typename Store>
class GroupedLog : public WalBackend {
 public:
  static constexpr bool appends_outlive_process = [] {
    if constexpr (requires { Store::puts_outlive_process; }) return Store::puts_outlive_process;
    return false;
  }();

  explicit GroupedLog(const Context& context) : folder_(context.options.text("path")), store_(context) {}
  GroupedLog(const GroupedLog&) = delete;
  GroupedLog& operator=(const GroupedLog&) = delete;
  ~GroupedLog() {
    try {
      stop();
    } catch (const std::exception&) {  // nobody is left to be told; what was synced is safe
    }
  }

  static void validate(const Options& given) {
    if (given.text("path").empty()) throw OptionError("path", "path is empty; it must name the log's folder");
  }

  void open(const LogRequest& request, LogState& state) {
    is_read_only_ = request.is_read_only != 0;
    if (!is_read_only_) folder_.own();
    if (is_read_only_ && !folder_.has(Store::file)) {
      throw std::runtime_error("there is no log in " + folder_.path() + ": " + Store::file + " is not there");
    }
    store_.open(folder_, is_read_only_);
    if constexpr (requires { store_.damage(); }) damage_ = store_.damage();
    std::string id;
    if (store_.meta("id", id)) {
      recall(id);
    } else {
      create(request);
    }
    find_ends();
    synced_ = last_;
    fill(state, found());
    is_open_ = true;
  }

  void append(std::span<const tickweir_span> spans, std::uint64_t first_sequence, std::uint32_t event_count) {
    if (event_count == 0) return;
    if (is_read_only_) throw std::runtime_error("the log " + folder_.path() + " was opened to be read only");
    if (first_sequence == 0 || (last_ != 0 && first_sequence != last_ + 1)) {
      throw std::runtime_error("append to " + folder_.path() + " at sequence " +
                               std::to_string(first_sequence) + ", " + std::to_string(last_ + 1) +
                               " expected");
    }
    if (uncommitted_bytes_ > uncommitted_bytes_max) sync();
    make_log_group(made_, spans, first_sequence, event_count, synced_);
    finally([&] { store_.put(first_sequence, made_); });
    if (first_ == 0) first_ = first_sequence;
    last_ = first_sequence + event_count - 1;
    uncommitted_bytes_ += made_.size();
  }

  void sync() {
    require_alive();  // also with nothing to commit: what was to be may be gone
    if (uncommitted_bytes_ == 0) return;
    finally([&] { store_.commit(); });
    uncommitted_bytes_ = 0;
    synced_ = last_;
  }

  bool read(std::uint64_t sequence, tickweir_batch& room) {
    if (sequence > last_ || first_ == 0) {
      if (sequence <= last_) throw dropped(sequence);
      return false;
    }
    if (sequence < first_) throw dropped(sequence);
    const std::uint64_t wanted = sequence;
    while (sequence <= last_ && room.event_count < room.event_count_max) {
      try {
        go_to(sequence);
      } catch (const std::exception&) {
        if (sequence == wanted) throw;
        break;  // what came before it is good; it is told when it is asked for
      }
      const std::uint32_t before = room.event_count;
      offset_ += append_events(room, std::span(group_.bytes).subspan(offset_));
      next_ += room.event_count - before;
      sequence = next_;
      if (offset_ != group_.bytes.size()) break;
    }
    if (room.event_count != 0) return true;
    throw std::runtime_error("the event of sequence " + std::to_string(wanted) + " in " + folder_.path() +
                             " is larger than a batch, which has " + std::to_string(room.capacity_bytes) +
                             " bytes; raise the batch size of the pipeline");
  }

  void truncate_before(std::uint64_t sequence) {
    if (first_ == 0 || sequence <= first_) return;
    if (is_read_only_) throw std::runtime_error("the log " + folder_.path() + " was opened to be read only");
    go_to(std::min(sequence, last_));  // the newest event stays, whatever is asked for
    const std::uint64_t kept = group_.key;
    if (kept == first_) return;
    sync();  // so that a drop that fails takes no events with it: it is not final
    try {
      store_.put_meta("last_sequence", std::to_string(last_));  // so that a lost end is noticed
      store_.erase_before(kept);
      store_.commit();
    } catch (...) {
      if constexpr (requires { store_.roll_back(); }) finally([&] { store_.roll_back(); });
      LogGroup oldest;  // some may be gone
      if (store_.first(oldest)) first_ = oldest.key;
      throw;
    }
    first_ = kept;
  }

  void describe(LogState& state) {
    require_alive();
    fill(state, store_.how());
  }

  void stop() {
    const bool is_to_sync = std::exchange(is_open_, false) && !has_failed_ && !is_read_only_;
    try {
      if (is_to_sync) sync();
    } catch (...) {
      store_.close();
      folder_.release();
      throw;
    }
    store_.close();
    folder_.release();
  }

 private:
  // So that what is never synced does not gather in memory.
  static constexpr std::uint64_t uncommitted_bytes_max = std::uint64_t{32} << 20;

  void require_alive() const {
    if (!has_failed_) return;
    throw std::runtime_error("the log " + folder_.path() + " failed before (" + failure_ +
                             "): start again, so that it recovers");
  }

  // After a failure other than LogFull nothing more is written, not by stop() either; each call says why.
  template <typename Write>
  void finally(Write&& write) {
    require_alive();
    try {
      write();
    } catch (const LogFull&) {
      throw;
    } catch (const std::exception& failure) {
      has_failed_ = true;
      failure_ = failure.what();
      throw;
    } catch (...) {
      has_failed_ = true;
      throw;
    }
  }

  void create(const LogRequest& request) {
    if (!damage_.empty()) throw LogDamage(damage_);
    if (is_read_only_) throw std::runtime_error("there is no log in " + folder_.path() + ": it has no id");
    LogGroup group;
    if (store_.first(group)) {
      throw LogDamage(folder_.path() + " holds events from sequence " + std::to_string(group.key) +
                      ", but no id; restore it from a copy");
    }
    id_ = new_log_id(request);
    schema_ = request.schema == nullptr ? "" : request.schema;
    store_.put_meta("schema", schema_);
    // The last: where a crash may leave the one without the other, a log is what has an id.
    store_.put_meta("id", {reinterpret_cast<const char*>(id_.data()), id_.size()});
    store_.commit();
    folder_.sync();
  }

  void recall(const std::string& id) {
    if (id.size() != id_.size()) {
      throw LogDamage("the id of the log " + folder_.path() + " has " + std::to_string(id.size()) +
                      " bytes, 16 expected; restore it from a copy");
    }
    std::memcpy(id_.data(), id.data(), id.size());
    if (!store_.meta("schema", schema_)) {
      throw LogDamage("the log " + folder_.path() + " has no schema; restore it from a copy");
    }
  }

  void find_ends() {
    std::string last;
    if (store_.meta("last_sequence", last)) last_ = std::strtoull(last.c_str(), nullptr, 10);
    if (!store_.at_or_before(~std::uint64_t{0}, group_)) {
      if (!damage_.empty()) throw LogDamage(damage_);
      return;
    }
    try {
      check_group();
    } catch (const LogDamage& damage) {
      if (!is_read_only_) throw;
      find_readable(damage.what(), 0);
      return;
    }
    last_ = std::max(last_, next_ + count_ - 1);
    if (!damage_.empty()) return find_readable(damage_, 1);
    if (next_ + count_ - 1 != last_) {
      throw LogDamage("the log " + folder_.path() + " ends at sequence " +
                      std::to_string(next_ + count_ - 1) + ", but has been at " + std::to_string(last_) +
                      "; restore it from a copy");
    }
    LogGroup oldest;
    if (store_.first(oldest)) first_ = oldest.key;
    if (!is_read_only_) check_log_group(oldest.bytes, oldest.key, folder_.path());
  }

  // The newest group is damaged, or at least so many `lost` events are that came after it: whoever only reads
  // is told so by the read that gets there, and can read what comes before. It holds one event at least.
  void find_readable(const std::string& damage, std::uint64_t lost) {
    last_ = std::max(last_, group_.key) + lost;
    LogGroup oldest;
    if (store_.first(oldest)) first_ = oldest.key;
    damage_ = damage;
  }

  // Makes the group that holds `sequence`, which is none dropped, the present one, and stands before it.
  void go_to(std::uint64_t sequence) {
    if (count_ == 0 || sequence < group_.key || sequence >= group_.key + count_) {
      count_ = 0;
      if (!store_.at_or_before(sequence, group_)) group_.key = sequence + 1;
      if (group_.key <= sequence) check_group();
      if (group_.key > sequence || sequence >= group_.key + count_) {
        count_ = 0;
        if (!damage_.empty()) throw LogDamage(damage_);
        throw LogDamage("sequence " + std::to_string(sequence) + " is missing from the log " +
                        folder_.path() + ", which holds " + std::to_string(first_) + " to " +
                        std::to_string(last_) + "; restore it from a copy");
      }
    }
    if (sequence < next_) next_ = group_.key, offset_ = sizeof(LogGroupHead);
    for (; next_ < sequence; ++next_) {
      Event event;
      std::memcpy(&event, group_.bytes.data() + offset_, sizeof event);
      offset_ += event.size;
    }
  }

  // Looks at the group just loaded and stands at its beginning.
  void check_group() {
    count_ = 0;
    const LogGroupHead head = check_log_group(group_.bytes, group_.key, folder_.path());
    count_ = head.event_count;
    next_ = group_.key;
    offset_ = sizeof head;
  }

  [[nodiscard]] std::runtime_error dropped(std::uint64_t sequence) const {
    return std::runtime_error("sequence " + std::to_string(sequence) + " was dropped from the log " +
                              folder_.path() + "; the oldest held is " +
                              (first_ == 0 ? "none" : std::to_string(first_)));
  }

  [[nodiscard]] std::string found() const {
    if constexpr (requires { store_.note(); }) {
      if (damage_.empty()) return store_.note();
    }
    return damage_;
  }
  void fill(LogState& state, std::string note) {
    note_ = std::move(note);
    state.first_sequence = first_;
    state.last_sequence = last_;
    state.bytes = folder_.bytes();
    std::memcpy(state.id, id_.data(), id_.size());
    state.schema = schema_.c_str();
    state.note = note_.c_str();
  }

  LogFolder folder_;
  Store store_;
  LogId id_{};
  std::string schema_;
  std::string note_;
  std::string damage_;   // read-only: where what can be read ends
  std::string failure_;  // the first that was final, in its words
  bool has_failed_ = false;
  bool is_open_ = false;
  bool is_read_only_ = false;
  std::uint64_t first_ = 0;  // of the events held; 0: none
  std::uint64_t last_ = 0;   // ever
  std::uint64_t synced_ = 0;
  std::uint64_t uncommitted_bytes_ = 0;
  std::vector<std::uint8_t> made_;
  LogGroup group_;           // the last one read, checked; good while count_ is not 0
  std::uint32_t count_ = 0;  // its events
  std::uint64_t next_ = 0;   // the event at offset_
  std::uint64_t offset_ = 0;
};

}  // namespace tickweir

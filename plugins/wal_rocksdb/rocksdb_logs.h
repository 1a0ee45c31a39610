// Walks RocksDB's own logs (*.log, and MANIFEST-*, which is one of them by its form) before RocksDB does,
// refuses damage, also what RocksDB would take for their end, and cuts what a loss of power has torn.
//
// A log is blocks of 32 KiB, a block is records and less than 7 bytes of nothing. A record is a head of 7
// bytes (a CRC32C of type and data, the data's length, the type) and data. A log that ends within a record,
// or in zeros, is what a crash leaves, and RocksDB passes over it. But it also ends a log in silence at a
// type of 5 to 8 (of records in a file that is used again, which is off here), and in its last block at a
// length that is too large.
//
// A loss of power may also leave a file of its whole length in which pages are missing: as zeros, in any
// order. That is a torn end if it is in the newest log, which alone is not synced yet, and if no group behind
// it says that the log was synced beyond that place when it was written (LogGroupHead). Rot leaves no such
// page, so what else is not sound is damage.
//
// Layout: RocksDB's wiki, "Write Ahead Log File Format". Threading: functions. Memory: one block; a torn end.
// Errors: thrown as LogDamage, with file and byte.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tickweir/files.h"
#include "tickweir/log_folder.h"
#include "tickweir/log_group.h"

namespace tickweir::rocks {

// What is the matter with the logs of a database; "" where nothing is.
struct LogsFound {
  std::string damage;
  std::string note;  // of a torn end
};

namespace detail {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint64_t block_bytes = 32'768;
constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t lost_bytes_min = 512;  // of the last page: fewer zeros may be an event's own
constexpr std::uint64_t record_head_bytes = 7;
// Of records that are whole, and of the parts of one that lies in several blocks.
enum RecordType : std::uint8_t { no_record, full, first, middle, last };

inline std::uint64_t data_bytes(Bytes record) {
  return record[4] | static_cast<std::uint64_t>(record[5]) << 8;
}
inline std::uint8_t type_of(Bytes record) {
  return record[6];
}

// The bytes of the record that `rest` of a block begins with; 0: it is not sound.
inline std::uint64_t sound_bytes(Bytes rest) {
  const std::uint64_t data = data_bytes(rest);
  const std::uint8_t type = type_of(rest);
  if (type == no_record || type > last || data > rest.size() - record_head_bytes) return 0;
  std::uint32_t stored = 0;
  std::memcpy(&stored, rest.data(), sizeof stored);
  const std::uint32_t checksum = tickweir::detail::crc32c(rest.subspan(6, 1 + data));
  // RocksDB masks it, so that data which holds such checksums does not mislead it.
  return stored == std::rotr(checksum, 15) + 0xA282'EAD8 ? record_head_bytes + data : 0;
}

// The head of the group that a record puts, or begins to put.
inline std::optional<LogGroupHead> group_of(Bytes record) {
  constexpr std::uint64_t batch_head_bytes = 12;
  constexpr std::uint8_t put[] = {1, 9, 'g'};  // tag, length of the key, and how that begins
  constexpr std::uint64_t value_at = record_head_bytes + batch_head_bytes + 2 + 9;
  if (type_of(record) > first || record.size() <= value_at) return {};
  if (std::memcmp(record.data() + record_head_bytes + batch_head_bytes, put, sizeof put) != 0) return {};
  Bytes value = record.subspan(value_at);
  while (!value.empty() && value[0] >= 0x80) value = value.subspan(1);  // its length, in 7 bits each
  LogGroupHead head;
  if (value.size() <= sizeof head) return {};
  std::memcpy(&head, value.data() + 1, sizeof head);
  return head;
}

// Where a log breaks off.
struct Break {
  std::uint64_t at = 0;        // of the first record that is not sound
  std::uint64_t end = 0;       // of the file
  std::uint8_t type = 0;       // of that
  bool is_refused = false;     // by RocksDB, also with nothing behind it
  std::uint64_t sequence = 0;  // that comes next there; 0: not known
  std::uint64_t behind = 0;    // the first sound record after it; 0: there is none
  bool has_lost_page = false;  // and what lies between has a page that never reached the disk
  bool was_synced = false;     // a group behind it says so
};

class Walk {
 public:
  explicit Walk(std::uint64_t bytes) : bytes_(bytes) {}

  // `block`: what there is of the one that begins at `from`.
  void pass(Bytes block, std::uint64_t from) {
    for (std::uint64_t at = 0; block.size() - at >= record_head_bytes;) {
      const Bytes rest = block.subspan(at);
      const std::uint64_t record = sound_bytes(rest);
      if (record == 0 && !found_) begin(rest, from + at);
      if (record != 0 && found_ && found_->behind == 0) {
        find_lost_pages(block.first(at / page_bytes * page_bytes), from);  // in none of these it begins
        found_->behind = from + at;
      }
      if (record != 0) take(rest.first(record));
      at += std::max<std::uint64_t>(record, 1);  // what rotted hides where the next one begins
    }
    if (found_ && found_->behind == 0) find_lost_pages(block, from);
  }
  [[nodiscard]] const std::optional<Break>& found() const { return found_; }

 private:
  void begin(Bytes rest, std::uint64_t at) {
    found_ = Break{.at = at, .end = bytes_, .type = type_of(rest), .sequence = next_sequence_};
    const std::uint64_t data = data_bytes(rest);
    const bool is_zeros = found_->type == no_record && data == 0;
    const bool is_cut = data > rest.size() - record_head_bytes && at + rest.size() == bytes_;
    found_->is_refused = !is_zeros && !is_cut;
  }
  void take(Bytes record) {
    const auto group = group_of(record);
    if (found_) {
      const auto vouches = [&] {
        const std::uint64_t synced = group->first_sequence - group->synced_behind;
        if (group->synced_behind == 0) return true;  // not known
        return found_->sequence == 0 ? synced != 0 : synced >= found_->sequence;
      };
      found_->was_synced |= group && vouches();
    } else if (group) {
      end_of_group_ = group->first_sequence + group->event_count;
      next_sequence_ = type_of(record) == full ? end_of_group_ : group->first_sequence;
    } else if (type_of(record) == last) {
      next_sequence_ = end_of_group_;
    }
  }
  void find_lost_pages(Bytes block, std::uint64_t from) {
    for (std::uint64_t page = 0; page < block.size(); page += page_bytes) {
      const std::uint64_t begin = std::max(page, found_->at > from ? found_->at - from : 0);
      const std::uint64_t end = std::min<std::uint64_t>(page + page_bytes, block.size());
      const bool is_of_head = from + begin == found_->at;
      if (!is_of_head && end - std::min(begin, end) < lost_bytes_min) continue;
      found_->has_lost_page |= begin < end && std::all_of(block.begin() + static_cast<std::ptrdiff_t>(begin),
                                                          block.begin() + static_cast<std::ptrdiff_t>(end),
                                                          [](std::uint8_t byte) { return byte == 0; });
    }
  }

  std::uint64_t bytes_;
  std::uint64_t next_sequence_ = 0;  // behind the groups that were passed whole
  std::uint64_t end_of_group_ = 0;   // behind the last one that begins
  std::optional<Break> found_;
};

inline std::optional<Break> find_break(const File& file) {
  const std::uint64_t bytes = file.bytes();  // the owner may go on: what lies behind is not ours to judge
  Walk walk(bytes);
  std::vector<std::uint8_t> block(block_bytes);
  for (std::uint64_t from = 0; from < bytes; from += block_bytes) {
    const std::uint64_t got = file.read(block.data(), std::min(block_bytes, bytes - from), from);
    walk.pass(Bytes(block).first(got), from);
  }
  return walk.found();
}

// "": there is none, but an end that RocksDB passes over.
inline std::string damage_of(const Break& found, const std::string& path) {
  std::string problem;
  if (found.type > last) {
    problem = "its type is " + std::to_string(found.type) + ", 1 to 4 expected";
  } else if (found.behind != 0) {
    problem = "what was written after it lies at byte " + std::to_string(found.behind);
  } else if (found.is_refused) {
    problem = "its checksum or its length is wrong";
  } else {
    return {};
  }
  return path + " is damaged in the record at byte " + std::to_string(found.at) + ": " + problem +
         ", and RocksDB would forget it; restore the log from a copy";
}

// Writes the torn end to a file of its own, unless an earlier start that was cut short has done so.
inline std::string keep_torn(const File& log, const Break& torn, const LogFolder& folder,
                             const std::string& name) {
  const Files& files = folder.files();
  std::vector<std::uint8_t> bytes(torn.end - torn.at);
  log.read(bytes.data(), bytes.size(), torn.at);
  const std::string wanted = folder.file(name + "." + std::to_string(torn.at) + ".torn");
  std::string path = wanted;
  for (int number = 2;; path = wanted + "." + std::to_string(number++)) {
    const File there = files.open_if_there(path, TICKWEIR_FILE_READ);
    if (!there.is_open()) break;
    std::vector<std::uint8_t> kept(there.bytes());
    there.read(kept.data(), kept.size(), 0);
    if (kept == bytes) return path;
  }
  const std::string unfinished = path + ".new";
  if (files.open_if_there(unfinished, TICKWEIR_FILE_READ).is_open()) files.remove(unfinished);
  File copy = files.open(unfinished, TICKWEIR_FILE_WRITE | TICKWEIR_FILE_CREATE);
  if (!copy.write(bytes.data(), bytes.size(), 0)) {
    throw std::runtime_error("cannot cut the torn end of the log: no room on the disk for " + path);
  }
  copy.sync();
  files.rename(unfinished, path);
  folder.sync();
  return path;
}

inline std::string cut(const std::string& path, const Break& torn, const LogFolder& folder,
                       const std::string& name) {
  File log = folder.files().open(path, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE);
  const std::string kept = keep_torn(log, torn, folder, name);
  log.resize(torn.at);
  log.sync();
  return "cut a torn end of " + std::to_string(torn.end - torn.at) + " bytes at byte " +
         std::to_string(torn.at) + " of " + path + "; a copy of it is " + kept;
}

// The log of RocksDB's that was begun last; "": there is none.
inline std::string newest_log(const std::vector<std::string>& names) {
  std::string newest;
  for (const std::string& name : names) {
    if (name.ends_with(".log") && name.size() >= newest.size()) newest = name;  // they are sorted
  }
  return newest;
}

}  // namespace detail

// Of the database `db` in the folder. Its owner has a torn end cut, and a copy of it kept in the folder, and
// is refused what is damaged; whoever only reads can read what comes before.
inline LogsFound check_logs(const LogFolder& folder, const std::string& db, bool is_read_only) {
  LogsFound all;
  std::optional<detail::Break> torn;
  const std::vector<std::string> names = folder.files().list(db);
  const std::string newest = detail::newest_log(names);
  for (const std::string& name : names) {
    if (!name.ends_with(".log") && !name.starts_with("MANIFEST-")) continue;
    const std::string path = db + "/" + name;
    File file = folder.files().open_if_there(path, TICKWEIR_FILE_READ);
    if (!file.is_open()) continue;
    const auto found = detail::find_break(file);
    // What was found whole stays so when RocksDB has begun another log, and this is no end any more.
    if (!is_read_only) file.sync();
    if (!found) continue;
    const bool is_torn = found->has_lost_page && found->type <= detail::last && !found->was_synced;
    if (is_torn && name == newest) {
      torn = found;
    } else if (const std::string damage = detail::damage_of(*found, path); !damage.empty()) {
      if (!is_read_only || !name.ends_with(".log")) throw LogDamage(damage);
      if (all.damage.empty()) all.damage = damage;
    }
  }
  if (torn) {  // last: what is refused is left as it was found
    const std::string path = db + "/" + newest;
    all.note = is_read_only
                   ? path + " has a torn end from byte " + std::to_string(torn->at) + " on, left as it is"
                   : detail::cut(path, *torn, folder, newest);
  }
  return all;
}

}  // namespace tickweir::rocks

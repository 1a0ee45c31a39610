// Where the files of new segments come from, and where those of dropped ones go.
//
//   <path>/000000000007.ready   a file that is filled and synced, for any segment to come
//
// Ready files are made before the first event, of zeros, or were dropped segments: what lies in those is
// blocks of an earlier segment, which pass for no others. When there are none, the next segment is made
// beside the work (spare.h).
//
// Threading: one thread; a spare is made by one of its own.
// Memory:    the names.
// Errors:    thrown.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "segment_format.h"
#include "spare.h"
#include "tickweir/files.h"
#include "tickweir/planted_bug.h"

namespace tickweir::wal_segment {

struct SupplyPlan {
  std::uint64_t segment_bytes = 0;
  std::uint64_t prepared_bytes = 0;  // of ready files, made before the first event
  std::uint64_t reused_bytes = 0;    // of ready files, kept of dropped segments at most
  bool makes_spares = false;
};

// A file that is filled and synced.
struct Supplied {
  std::string path;
  bool is_reused = false;  // blocks of an earlier segment lie in it
};

class SegmentSupply {
 public:
  SegmentSupply(Files files, std::string folder, const SupplyPlan& plan)
      : files_(files), folder_(std::move(folder)), plan_(plan), spare_(files, folder_) {}

  // At the start, with what lies in the folder: takes over what is ready and removes what was not finished.
  // `oldest`: of the log's segments; nullptr: there are none.
  void take_over(const std::vector<std::string>& names, const SegmentHeader* oldest) {
    ready_.clear();
    dropped_.reset();
    for (const std::string& name : names) {
      const std::string path = folder_ + "/" + name;
      const auto number = file_number(name, ready_suffix);
      const bool has_room = ready_bytes() < std::max(plan_.prepared_bytes, plan_.reused_bytes);
      if (number && has_room && add_ready(path, oldest)) {
        last_number_ = *number;
      } else if (number || name.ends_with(".segment.new") || is_torn_unfinished(name)) {
        files_.remove(path);
      }
    }
  }

  // Makes what is to be ready before the first event. False: the disk is full.
  [[nodiscard]] bool prepare() {
    while (ready_bytes() < plan_.prepared_bytes) {
      const std::string path = next_path();
      if (!make_filled_file(files_, path + ".segment.new", plan_.segment_bytes)) return false;
      files_.rename(path + ".segment.new", path);
      ready_.push_back({path, false});
    }
    return true;
  }

  // The segment that is written is filled up to `offset`: from a quarter on the next one is made if none is
  // ready, to be there at three quarters.
  void keep_ahead(std::uint64_t offset) {
    if (!plan_.makes_spares || !ready_.empty() || offset <= plan_.segment_bytes / 4) return;
    if (!spare_.has_begun()) spare_.begin(plan_.segment_bytes);
    spare_.want(2 * (offset - plan_.segment_bytes / 4));
  }

  // One of that length, which is the caller's now.
  [[nodiscard]] std::optional<Supplied> take(std::uint64_t bytes) {
    if (!ready_.empty() && bytes == plan_.segment_bytes) {
      const Supplied taken = ready_.back();
      ready_.pop_back();
      return taken;
    }
    if (spare_.take(bytes)) return Supplied{spare_.path(), false};
    return {};
  }

  // Of a segment that is not needed any more: its file is kept for another, or removed. Then settle_drop().
  void drop(const std::string& path, std::uint64_t bytes) {
    if (dropped_ && !TICKWEIR_BUG("drops go on behind one that is not durable")) {
      throw std::runtime_error("the folder " + folder_ +
                               " could not be synced after a segment was dropped: nothing more is dropped "
                               "before the next start");
    }
    std::string kept;
    if (bytes == plan_.segment_bytes && ready_bytes() + bytes <= plan_.reused_bytes) {
      kept = next_path();
      files_.rename(path, kept);
    } else {
      files_.remove(path);
    }
    dropped_ = std::move(kept);
  }
  // Makes the drop durable. Until it is, the segment may be back after a crash: there must be no gap behind
  // it, so none is dropped, and nothing else in its file, so that is not used.
  void settle_drop() {
    if (!TICKWEIR_BUG("folder not synced between drops")) files_.sync_folder(folder_);
    if (!dropped_->empty()) ready_.push_back({*dropped_, true});
    dropped_.reset();
  }

  // Gives the room of one file back to the disk. False: there was none.
  bool give_back() {
    if (spare_.drop()) return true;
    if (ready_.empty()) return false;
    files_.remove(ready_.back().path);
    ready_.pop_back();
    return true;
  }

  // What is made now is not needed any more.
  void stop() { spare_.drop(); }

  [[nodiscard]] std::size_t ready_count() const { return ready_.size(); }

 private:
  static constexpr std::string_view ready_suffix = ".ready";

  // A copy of a torn end that a recovery had not finished; what it was of is still there.
  static bool is_torn_unfinished(std::string_view name) {
    return name.ends_with(".new") && name.find(".torn") != std::string_view::npos;
  }

  // Takes a file over. False, after a restore of older segments beside it: blocks of a segment to come would
  // pass for its own.
  [[nodiscard]] bool add_ready(const std::string& path, const SegmentHeader* oldest) {
    const File file = files_.open(path, TICKWEIR_FILE_READ);
    if (file.bytes() != plan_.segment_bytes) return false;
    HeaderPage page{};
    file.read(page.data(), page.size(), 0);
    SegmentHeader before;
    std::memcpy(&before, page.data(), sizeof before);
    const bool is_of_this_log = oldest != nullptr && before.log_id == oldest->log_id;
    if (is_of_this_log && before.number >= oldest->number) return false;
    ready_.push_back({path, page != HeaderPage{}});
    return true;
  }

  [[nodiscard]] std::uint64_t ready_bytes() const { return ready_.size() * plan_.segment_bytes; }
  [[nodiscard]] std::string next_path() {
    return folder_ + "/" + numbered_name(++last_number_, ready_suffix);
  }

  Files files_;
  std::string folder_;
  SupplyPlan plan_;
  std::vector<Supplied> ready_;
  std::uint64_t last_number_ = 0;
  std::optional<std::string> dropped_;  // not durable yet; where its file is kept, or ""
  SpareMaker spare_;
};

}  // namespace tickweir::wal_segment

// A disk behind a page cache, in memory: what is written is there at once, and survives a loss of power only
// once it is synced. Part of testing_files.h; not for direct use, but for PowerCut.
//
// Threading: one thread. Memory: each file twice, and each write since its last sync.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tickweir::testing {

// What survives of what was not synced.
enum class PowerCut {
  none,    // nothing
  all,     // everything
  subset,  // each 512-byte sector and each change of a folder by chance, in any order
  torn     // as subset, and some sectors only in part
};

namespace detail {

constexpr std::uint64_t sector_bytes = 512;

class DiskFile {
 public:
  explicit DiskFile(std::vector<std::uint8_t> synced = {}) : visible_(synced), durable_(std::move(synced)) {}

  [[nodiscard]] const std::vector<std::uint8_t>& visible() const { return visible_; }
  [[nodiscard]] std::vector<std::uint8_t>& bytes() { return visible_; }
  [[nodiscard]] bool is_synced() const { return pending_.empty(); }

  void write(std::uint64_t offset, const std::uint8_t* data, std::uint64_t bytes) {
    Change change{offset, {data, data + bytes}, false};
    apply(visible_, change);
    pending_.push_back(std::move(change));
  }
  void resize(std::uint64_t bytes) {
    visible_.resize(bytes);
    pending_.push_back({bytes, {}, true});
  }
  void sync() {
    for (const Change& change : pending_) apply(durable_, change);
    pending_.clear();
  }
  // What Linux does when a sync fails: the pages count as clean, later syncs do not write them.
  void forget_unsynced() { pending_.clear(); }

  [[nodiscard]] std::vector<std::uint8_t> surviving(PowerCut cut, std::mt19937_64& random) const {
    std::vector<std::uint8_t> left = durable_;
    if (cut == PowerCut::none) return left;
    if (cut == PowerCut::all) {
      for (const Change& change : pending_) apply(left, change);
      return left;
    }
    const std::uint64_t percent = 10 + random() % 81;
    std::map<std::uint64_t, std::uint64_t> versions;  // how many writes of a sector reach the disk
    for (const Change& change : pending_) {
      if (change.is_resize) {
        if (random() % 100 < percent) left.resize(change.offset);
        continue;
      }
      for_each_sector(change,
                      [&](std::uint64_t sector, std::uint64_t, std::uint64_t) { ++versions[sector]; });
    }
    for (auto& [sector, count] : versions) {
      count = random() % 100 < percent ? (random() % 2 == 0 ? count : 1 + random() % count) : 0;
    }
    for (const Change& change : pending_) {
      if (change.is_resize) continue;
      for_each_sector(change, [&](std::uint64_t sector, std::uint64_t from, std::uint64_t to) {
        std::uint64_t& count = versions[sector];
        if (count == 0) return;
        --count;
        if (cut == PowerCut::torn && random() % 4 == 0) {
          (random() % 2 == 0 ? from : to) = from + random() % (to - from + 1);
        }
        if (left.size() < to) left.resize(to);
        std::copy(change.bytes.begin() + static_cast<std::ptrdiff_t>(from - change.offset),
                  change.bytes.begin() + static_cast<std::ptrdiff_t>(to - change.offset),
                  left.begin() + static_cast<std::ptrdiff_t>(from));
      });
    }
    return left;
  }

 private:
  struct Change {
    std::uint64_t offset;  // of a resize: the new length
    std::vector<std::uint8_t> bytes;
    bool is_resize;
  };
  static void apply(std::vector<std::uint8_t>& bytes, const Change& change) {
    if (change.is_resize) {
      bytes.resize(change.offset);
      return;
    }
    if (bytes.size() < change.offset + change.bytes.size()) bytes.resize(change.offset + change.bytes.size());
    std::copy(change.bytes.begin(), change.bytes.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(change.offset));
  }
  template <typename Visit>
  static void for_each_sector(const Change& change, Visit&& visit) {
    const std::uint64_t end = change.offset + change.bytes.size();
    for (std::uint64_t from = change.offset; from < end;) {
      const std::uint64_t to = std::min(end, (from / sector_bytes + 1) * sector_bytes);
      visit(from / sector_bytes, from, to);
      from = to;
    }
  }

  std::vector<std::uint8_t> visible_;
  std::vector<std::uint8_t> durable_;
  std::vector<Change> pending_;
};

// Names and folders, with the changes that are not synced yet.
class Disk {
 public:
  using Entry = std::shared_ptr<DiskFile>;
  using Names = std::map<std::string, Entry>;  // an empty entry is a folder

  [[nodiscard]] static std::string parent_of(const std::string& path) {
    const std::size_t slash = path.find_last_of('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  }
  [[nodiscard]] bool is_folder(const std::string& path) const {
    if (path == "." || path == "/") return true;
    const auto found = visible_.find(path);
    return found != visible_.end() && found->second == nullptr;
  }
  [[nodiscard]] bool has(const std::string& path) const { return is_folder(path) || visible_.contains(path); }
  // Empty: there is no such file.
  [[nodiscard]] Entry file(const std::string& path) const {
    const auto found = visible_.find(path);
    return found == visible_.end() ? nullptr : found->second;
  }
  [[nodiscard]] const Names& names() const { return visible_; }

  void put(const std::string& path, Entry entry) {
    change({parent_of(path), {{path, std::optional(std::move(entry))}}});
  }
  void rename(const std::string& from, const std::string& to) {
    change({parent_of(to), {{to, std::optional(visible_.at(from))}, {from, std::nullopt}}});
  }
  void remove(const std::string& path) { change({parent_of(path), {{path, std::nullopt}}}); }
  void sync_folder(const std::string& path) {
    for (const FolderChange& one : pending_) {
      if (one.folder == path) apply(durable_, one);
    }
    std::erase_if(pending_, [&](const FolderChange& one) { return one.folder == path; });
  }
  void forget_unsynced(const std::string& folder) {
    std::erase_if(pending_, [&](const FolderChange& one) { return one.folder == folder; });
  }

  [[nodiscard]] std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [path, entry] : visible_) sum += entry == nullptr ? 0 : entry->visible().size();
    return sum;
  }

  // A disk with files of its own, as this one would be found after the power came back.
  [[nodiscard]] Disk surviving(PowerCut cut, std::mt19937_64& random) const {
    Names names = durable_;
    for (const FolderChange& one : pending_) {
      if (cut == PowerCut::all || (cut != PowerCut::none && random() % 2 == 0)) apply(names, one);
    }
    Disk left;
    for (const auto& [path, entry] : names) {
      const std::string parent = parent_of(path);
      const bool has_parent = parent == "." || parent == "/" || left.visible_.contains(parent);
      if (!has_parent) continue;
      left.visible_[path] =
          entry == nullptr ? nullptr : std::make_shared<DiskFile>(entry->surviving(cut, random));
    }
    left.durable_ = left.visible_;
    return left;
  }
  // A copy that shares nothing, with all that is visible synced.
  [[nodiscard]] Disk settled() const {
    Disk copy;
    for (const auto& [path, entry] : visible_) {
      copy.visible_[path] = entry == nullptr ? nullptr : std::make_shared<DiskFile>(entry->visible());
    }
    copy.durable_ = copy.visible_;
    return copy;
  }
  // Puts a file there as if it had always been there.
  void plant(const std::string& path, std::vector<std::uint8_t> bytes) {
    visible_[path] = durable_[path] = std::make_shared<DiskFile>(std::move(bytes));
  }
  void uproot(const std::string& path) {
    visible_.erase(path);
    durable_.erase(path);
  }

 private:
  struct FolderChange {
    std::string folder;
    std::vector<std::pair<std::string, std::optional<Entry>>> names;  // all or none; nothing: removed
  };
  void change(FolderChange one) {
    apply(visible_, one);
    pending_.push_back(std::move(one));
  }
  static void apply(Names& names, const FolderChange& one) {
    for (const auto& [path, entry] : one.names) {
      if (entry) {
        names[path] = *entry;
      } else {
        names.erase(path);
      }
    }
  }

  Names visible_;
  Names durable_;
  std::vector<FolderChange> pending_;
};

}  // namespace detail
}  // namespace tickweir::testing

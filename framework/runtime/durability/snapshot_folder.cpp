#include "runtime/durability/snapshot_folder.h"

#include <algorithm>

#include "tickweir/planted_bug.h"

namespace tickweir {

namespace {

constexpr const char* new_name = "new";
constexpr std::string_view prefix = "snapshot-";
constexpr std::size_t number_digits = 14;

bool is_snapshot(const std::string& name) {
  return name.size() == prefix.size() + number_digits && name.starts_with(prefix) &&
         name.find_first_not_of("0123456789", prefix.size()) == std::string::npos;
}

std::uint64_t number_of(const std::string& path) {
  return std::stoull(path.substr(path.size() - number_digits));
}

std::string name_of(std::uint64_t number) {
  const std::string text = std::to_string(number);
  return std::string(prefix) + std::string(number_digits - std::min(number_digits, text.size()), '0') + text;
}

// What the file operations throw, as an Error.
template <typename Body>
auto caught(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::system_error& failed) {
    return Error{failed.what()};
  }
}

}  // namespace

SnapshotFolder::SnapshotFolder(const tickweir_files& files, std::string path)
    : raw_(files), files_(files), path_(std::move(path)) {
  while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
}

Result<void> SnapshotFolder::own() {
  constexpr std::uint32_t read_write = TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE;
  return caught([&]() -> Result<void> {
    files_.make_folders(path_);
    lock_ = files_.open_if_there(file("LOCK"), read_write);
    if (!lock_.is_open()) {
      lock_ = files_.open(file("LOCK"), read_write | TICKWEIR_FILE_CREATE);
      files_.sync_folder(path_);
    }
    if (!lock_.try_lock()) {
      return Error{"the snapshots in " + path_ + " are in use: another process holds " + file("LOCK") +
                   "; stop that one, or give this pipeline a folder of its own"};
    }
    discard();
    return {};
  });
}

Result<std::vector<std::string>> SnapshotFolder::list() const {
  std::vector<std::string> paths;
  try {
    for (const std::string& name : files_.list(path_)) {
      if (is_snapshot(name)) paths.push_back(file(name));
    }
  } catch (const std::system_error& failed) {
    if (failed.code() != std::errc::no_such_file_or_directory) return Error{failed.what()};
  }
  std::reverse(paths.begin(), paths.end());
  return paths;
}

Result<File> SnapshotFolder::create() const {
  discard();
  return caught([&]() -> Result<File> {
    return files_.open(file(new_name), TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE | TICKWEIR_FILE_CREATE);
  });
}

Result<Snapshot> SnapshotFolder::publish(const std::string& kept) {
  auto written = read_snapshot(files_, file(new_name));
  if (!written) return written;
  auto present = list();
  if (!present) return present.error();
  const std::uint64_t number = present->empty() ? 1 : number_of(present->front()) + 1;
  if (name_of(number).size() != prefix.size() + number_digits) {
    return Error{present->front() +
                 " has the last number that a name has room for; remove it if no snapshot made it"};
  }
  return caught([&]() -> Result<Snapshot> {
    written->path = file(name_of(number));
    files_.rename(file(new_name), written->path);
    if (!TICKWEIR_BUG("snapshot name not synced")) files_.sync_folder(path_);
    for (const std::string& old : *present) {
      if (old != kept && !spared_.contains(old)) files_.remove(old);
    }
    return written;
  });
}

void SnapshotFolder::discard() const {
  raw_.remove(raw_.state, file(new_name).c_str());  // most often there is none
}

}  // namespace tickweir

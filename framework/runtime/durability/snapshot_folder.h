// The folder in which a pipeline keeps its snapshots, the newest two of those that are good and fit its logs.
//
//   LOCK                      held while a run owns the folder
//   snapshot-00000000000017   numbers rise
//   new                       being written; worth nothing
//
// Threading: one call after the other. Errors: Results with the path and what the system said.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "runtime/durability/snapshot_file.h"

namespace tickweir {

class SnapshotFolder {
 public:
  SnapshotFolder(const tickweir_files& files, std::string path);

  // Makes the folder if need be, and takes the lock. Removes what a crash left half-written.
  Result<void> own();
  // The files of snapshots, the newest first; none when there is no folder.
  Result<std::vector<std::string>> list() const;

  // An empty file to write to. Replaces one that was never published.
  Result<File> create() const;
  // Checks what was written, gives it the next number, and makes that durable. After that the snapshots that
  // are neither this one nor `kept`, nor spared, are removed.
  Result<Snapshot> publish(const std::string& kept);
  // This one is not removed: it is whole and fits other logs than those that are there, which may come back.
  void spare(const std::string& snapshot) { spared_.insert(snapshot); }
  void discard() const;

  [[nodiscard]] const Files& files() const { return files_; }
  [[nodiscard]] const tickweir_files& raw_files() const { return raw_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

  const tickweir_files& raw_;
  Files files_;
  std::string path_;
  std::set<std::string> spared_;
  File lock_;
};

}  // namespace tickweir

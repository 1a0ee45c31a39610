// tickweir snapshots: what the snapshots in a folder hold, the newest first. Reads all of each; changes
// nothing, so it may be asked while the pipeline runs.
#include <filesystem>
#include <iostream>

#include "cli/command.h"
#include "cli/shown.h"
#include "cli/table.h"
#include "runtime/admin/pages.h"
#include "runtime/durability/snapshot_folder.h"
#include "tickweir/posix_files.h"

namespace tickweir {
namespace {

using Json = nlohmann::ordered_json;

std::string name_of(const std::string& path) {
  return std::filesystem::path(path).filename();
}

// "log 20000, trades 211"
std::string logs_of(const Snapshot& snapshot) {
  std::string text;
  for (const LogPosition& log : snapshot.logs)
    text += (text.empty() ? "" : ", ") + log.stage + " " + std::to_string(log.last_sequence);
  return text;
}

// "book (transform_order_book), bundles (transform_bundle)"
std::string stages_of(const Snapshot& snapshot) {
  std::string text;
  for (const SavedStage& stage : snapshot.stages)
    text += (text.empty() ? "" : ", ") + stage.id + " (" + stage.plugin + ")";
  return text;
}

Json as_json(const Snapshot& snapshot) {
  Json json{{"snapshot", snapshot.path},
            {"whole", true},
            {"bytes", snapshot.bytes},
            {"logs", Json::array()},
            {"stages", Json::array()}};
  for (const LogPosition& log : snapshot.logs) {
    json["logs"].push_back(
        {{"stage", log.stage}, {"id", log.log_id}, {"last", log.last_sequence}, {"time", log.last_time}});
  }
  for (const SavedStage& stage : snapshot.stages)
    json["stages"].push_back({{"stage", stage.id}, {"plugin", stage.plugin}, {"bytes", stage.bytes}});
  return json;
}

}  // namespace

int snapshots_command(const Arguments& arguments) {
  const std::string& folder = arguments.target;
  if (!std::filesystem::is_directory(folder)) {
    print_error("there is no folder " + folder);
    return exit_failed;
  }
  auto paths = SnapshotFolder(posix_files(), folder).list();
  if (!paths) {
    print_error(paths.error().message);
    return exit_failed;
  }
  int code = exit_done;
  Table table({{"SNAPSHOT"}, {"BYTES", true}, {"LOGS UP TO"}, {"TIME"}, {"STAGES"}});
  Json json{{"snapshots", Json::array()}};
  for (const std::string& path : *paths) {
    auto snapshot = read_snapshot(Files(posix_files()), path);
    if (!snapshot) {
      print_error(snapshot.error().message);
      json["snapshots"].push_back(
          {{"snapshot", path}, {"whole", false}, {"error", snapshot.error().message}});
      code = exit_failed;
      continue;
    }
    const std::uint64_t time = snapshot->logs.empty() ? 0 : snapshot->logs.front().last_time;
    table.add({name_of(path), std::to_string(snapshot->bytes), logs_of(*snapshot), shown_time(time),
               stages_of(*snapshot)});
    json["snapshots"].push_back(as_json(*snapshot));
  }
  if (arguments.common.json) {
    std::cout << json_text(json);
  } else if (!table.empty()) {
    std::cout << table.text();
  } else if (code == exit_done) {
    std::cout << "no snapshots in " << folder << "\n";
  }
  return code;
}

}  // namespace tickweir

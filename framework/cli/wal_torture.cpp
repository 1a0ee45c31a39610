// tickweir wal torture: tries a back end of logs, ours or anybody's, and prints its score sheet.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <random>

#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "cli/wal.h"
#include "runtime/admin/pages.h"
#include "runtime/durability/torture.h"
#include "runtime/plugins/registry.h"
#include "tickweir/testing_folder.h"

namespace tickweir {
namespace {

namespace fs = std::filesystem;

// The file of the back end, by file or by name.
Result<fs::path> find_back_end(const Arguments& arguments) {
  std::string name = arguments.target;
  std::vector<fs::path> folders = plugin_path(arguments.common.plugin_path);
  if (name.find('/') != std::string::npos || name.ends_with(".so")) {
    auto notes = read_notes(name);
    if (!notes) return std::move(notes.error()).within(name);
    folders = {fs::absolute(name).parent_path()};
    name = notes->fact("name");
  }
  auto registry = Registry::scan(folders);
  if (!registry) return registry.error();
  auto plugin = registry->load(name);
  if (!plugin) return plugin.error();
  if ((*plugin)->table->role != TICKWEIR_ROLE_WAL)
    return Error{name + " is not a back end of a log (role wal)"};
  return (*plugin)->file;
}

std::uint64_t chosen_seed() {
  const char* const given = std::getenv("TICKWEIR_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
}

void print_sheet(const std::vector<Score>& sheet) {
  Table table({{"CHECK"}, {"MARK"}, {"REQUIREMENT"}, {"FOUND"}});
  for (const Score& score : sheet)
    table.add({score.name, name_of(score.mark), score.requirement, score.detail});
  std::cout << table.text();
}

void print_json(const fs::path& file, std::uint64_t seed, const std::vector<Score>& sheet) {
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  for (const Score& score : sheet) {
    checks.push_back({{"name", score.name},
                      {"requirement", score.requirement},
                      {"mark", name_of(score.mark)},
                      {"detail", score.detail}});
  }
  const nlohmann::ordered_json all{{"plugin", file.string()}, {"seed", seed}, {"checks", checks}};
  std::cout << json_text(all);
}

}  // namespace

int torture_command(const Arguments& arguments) {
  auto file = find_back_end(arguments);
  if (!file) {
    print_error(file.error().message);
    return exit_refused;
  }
  std::optional<testing::TempFolder> ours;
  if (arguments.folder.empty()) {
    ours.emplace();
  } else {
    fs::create_directories(arguments.folder);
  }
  TortureSettings settings{
      .plugin = *file, .folder = ours ? ours->path() : fs::path(arguments.folder), .seed = chosen_seed()};
  for (const Override& option : arguments.common.overrides)
    settings.options.push_back({option.path, option.value});
  const std::vector<Score> sheet = run_torture(settings);

  const auto count = [&](Mark mark) {
    return std::ranges::count_if(sheet, [&](const Score& score) { return score.mark == mark; });
  };
  if (arguments.common.json) {
    print_json(*file, settings.seed, sheet);
  } else {
    print_sheet(sheet);
    std::cout << "\n"
              << count(Mark::passed) << " passed, " << count(Mark::failed) << " failed, "
              << count(Mark::skipped) << " skipped; TICKWEIR_SEED=" << settings.seed << "\n";
  }
  return count(Mark::failed) == 0 ? exit_done : exit_failed;
}

}  // namespace tickweir

// tickweir wal ls: what logs hold. Changes nothing, so it may be asked of a log in use.
#include <iostream>

#include "cli/table.h"
#include "cli/wal.h"
#include "cli/wal_log.h"
#include "runtime/admin/pages.h"

namespace tickweir {
namespace {

using Json = nlohmann::ordered_json;

std::uint64_t count_of(const LogFacts& facts) {
  return facts.first_sequence == 0 ? 0 : facts.last_sequence - facts.first_sequence + 1;
}

// What was found at opening, else how it stores.
std::string note_of(NamedLog& log, const LogFacts& facts) {
  if (!facts.note.empty()) return facts.note;
  auto described = log.store().describe();
  return described ? described->note : "";
}

Json as_json(const NamedLog& log, const LogFacts& facts, const std::string& note) {
  return {{"log", log.name()},
          {"back_end", log.back_end()},
          {"first", facts.first_sequence},
          {"last", facts.last_sequence},
          {"events", count_of(facts)},
          {"bytes", facts.bytes},
          {"id", facts.id},
          {"note", note}};
}

}  // namespace

int wal_ls_command(const Arguments& arguments) {
  int code = exit_done;
  const NamedLogs logs = find_logs(arguments, arguments.wal.logs, code);
  if (logs.empty()) return code;
  code = exit_done;
  Table table({{"LOG"},
               {"BACK END"},
               {"FIRST", true},
               {"LAST", true},
               {"EVENTS", true},
               {"BYTES", true},
               {"ID"},
               {"NOTE"}});
  Json json{{"logs", Json::array()}};
  for (const auto& log : logs) {
    auto facts = log->open(true);
    if (!facts) {
      print_log_error(*log, facts.error().message);
      json["logs"].push_back(
          {{"log", log->name()}, {"back_end", log->back_end()}, {"error", facts.error().message}});
      code = exit_failed;
      continue;
    }
    const std::string note = note_of(*log, *facts);
    table.add({log->name(), log->back_end(), std::to_string(facts->first_sequence),
               std::to_string(facts->last_sequence), std::to_string(count_of(*facts)),
               std::to_string(facts->bytes), facts->id, note});
    json["logs"].push_back(as_json(*log, *facts, note));
  }
  if (arguments.common.json) {
    std::cout << json_text(json);
  } else if (!table.empty()) {
    std::cout << table.text();
  }
  return code;
}

}  // namespace tickweir

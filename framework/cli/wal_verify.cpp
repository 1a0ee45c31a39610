// tickweir wal verify: reads every event of logs and checks what must hold of each. Changes nothing.
#include <chrono>
#include <iostream>

#include "cli/shown.h"
#include "cli/table.h"
#include "cli/wal.h"
#include "cli/wal_events.h"
#include "cli/wal_log.h"
#include "runtime/admin/pages.h"
#include "tickweir/event.h"

namespace tickweir {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct Verdict {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;    // of the events
  std::uint64_t unknown = 0;  // events whose layout the log does not have
  std::uint64_t first_time = 0;
  std::uint64_t last_time = 0;
  double seconds = 0;
  std::string note;
};

// The sequences and sizes have been checked by the store.
Result<void> check_event(const Event& event, const EventTable& layouts, Verdict& verdict) {
  const auto wrong = [&](const std::string& what) {
    return Error{"event " + std::to_string(event.sequence) + " has " + what};
  };
  if (event.verdict != 0) return wrong("the verdict " + std::to_string(event.verdict) + "; a log holds none");
  if (event.flags != 0) return wrong("the flags " + std::to_string(event.flags) + ", expected 0");
  if (event.type == 0) return wrong("the type 0");
  if (event.time < verdict.last_time) {
    return wrong("the time " + std::to_string(event.time) + ", before that of the event before it, " +
                 std::to_string(verdict.last_time));
  }
  if (const EventShape* shape = layouts.find(event.type)) {
    if (event.size - sizeof event < shape->size) {
      return wrong("the size " + std::to_string(event.size) + ", too small for " + shape->name +
                   ", which has " + std::to_string(shape->size + sizeof event));
    }
  } else if (event.type != event_type_tick) {
    ++verdict.unknown;
  }
  if (verdict.events++ == 0) verdict.first_time = event.time;
  verdict.last_time = event.time;
  verdict.bytes += event.size;
  return {};
}

Result<Verdict> verify(NamedLog& log) {
  Verdict verdict;
  const auto begin = Clock::now();
  auto facts = log.open(true);
  if (!facts) return facts.error();
  verdict.note = facts->note;
  const EventTable layouts(facts->schema);
  auto read =
      log.read(facts->first_sequence, facts->last_sequence, [&](const tickweir_batch& batch) -> Result<bool> {
        const auto event_at = [&](std::uint32_t at) -> const Event& {
          return *reinterpret_cast<const Event*>(batch.data + at);
        };
        for (std::uint32_t at = 0; at < batch.used_bytes;) {
          const std::uint32_t size = event_at(at).size;
          // As long as the size stays, the next event is looked at before this one has come from memory.
          do {
            if (auto checked = check_event(event_at(at), layouts, verdict); !checked) return checked.error();
            at += size;
          } while (at < batch.used_bytes && event_at(at).size == size);
        }
        return true;
      });
  if (!read) {
    return Error{read.error().message + "; " + std::to_string(verdict.events) +
                 " events before it are sound"};
  }
  verdict.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return verdict;
}

std::string note_of(const Verdict& verdict) {
  std::string note = verdict.note;
  if (verdict.unknown == 0) return note;
  if (!note.empty()) note += "; ";
  return note + std::to_string(verdict.unknown) + " events of types that the log does not explain";
}

Json as_json(const NamedLog& log, const Verdict& verdict) {
  return {{"log", log.name()},
          {"sound", true},
          {"events", verdict.events},
          {"bytes", verdict.bytes},
          {"seconds", verdict.seconds},
          {"first_time", verdict.first_time},
          {"last_time", verdict.last_time},
          {"unknown_events", verdict.unknown},
          {"note", note_of(verdict)}};
}

}  // namespace

int wal_verify_command(const Arguments& arguments) {
  int code = exit_done;
  const NamedLogs logs = find_logs(arguments, arguments.wal.logs, code);
  if (logs.empty()) return code;
  code = exit_done;
  Table table({{"LOG"},
               {"EVENTS", true},
               {"BYTES", true},
               {"RATE", true},
               {"FIRST TIME"},
               {"LAST TIME"},
               {"VERDICT"}});
  Json json{{"logs", Json::array()}};
  for (const auto& log : logs) {
    auto verdict = verify(*log);
    if (!verdict) {
      print_log_error(*log, verdict.error().message);
      json["logs"].push_back({{"log", log->name()}, {"sound", false}, {"error", verdict.error().message}});
      code = exit_failed;
      continue;
    }
    const double rate = static_cast<double>(verdict->events) / std::max(verdict->seconds, 1e-9);
    const std::string note = note_of(*verdict);
    table.add({log->name(), std::to_string(verdict->events), std::to_string(verdict->bytes), shown_rate(rate),
               shown_time(verdict->first_time), shown_time(verdict->last_time),
               note.empty() ? "sound" : "sound; " + note});
    json["logs"].push_back(as_json(*log, *verdict));
  }
  if (arguments.common.json) {
    std::cout << json_text(json);
  } else if (!table.empty()) {
    std::cout << table.text();
  }
  return code;
}

}  // namespace tickweir

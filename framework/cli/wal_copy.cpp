// tickweir wal copy: the events of a log into a new one, of any back end, and then both read again and
// compared.
#include <chrono>
#include <cstring>
#include <iostream>

#include "cli/shown.h"
#include "cli/wal.h"
#include "cli/wal_log.h"
#include "runtime/admin/pages.h"
#include "runtime/engine/own_batch.h"
#include "tickweir/event.h"

namespace tickweir {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t sync_every_bytes = 16 * 1024 * 1024;

double seconds_since(Clock::time_point begin) {
  return std::max(std::chrono::duration<double>(Clock::now() - begin).count(), 1e-9);
}

struct Copy {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // copied so far, or 0
  std::uint64_t bytes = 0;
  double copy_seconds = 0;
  double compare_seconds = 0;
  std::string lost;  // with --keep-readable: why it ends early
  bool has_own_id = false;
  bool has_begun = false;

  [[nodiscard]] std::uint64_t events() const { return last == 0 ? 0 : last - first + 1; }
};

Result<void> append(NamedLog& to, const tickweir_batch& batch, std::uint64_t first) {
  const tickweir_span span{.data = batch.data, .bytes = batch.used_bytes};
  auto stored = to.store().append({&span, 1}, first, batch.event_count);
  if (!stored) return std::move(stored.error()).within(to.name());
  if (*stored == LogStore::Stored::disk_full) return Error{to.name() + ": the disk is full"};
  return {};
}

// Everything from `from` to `facts.last_sequence`, in groups as large as they are read.
Result<void> copy_events(NamedLog& from, NamedLog& to, const LogFacts& facts, bool keep_readable,
                         Copy& copy) {
  std::uint64_t unsynced = 0;
  std::string write_error;
  copy.first = facts.first_sequence;
  auto copied =
      from.read(facts.first_sequence, facts.last_sequence, [&](const tickweir_batch& batch) -> Result<bool> {
        const std::uint64_t first = copy.last == 0 ? copy.first : copy.last + 1;
        auto done = append(to, batch, first);
        unsynced += batch.used_bytes;
        if (done && unsynced >= sync_every_bytes) {
          unsynced = 0;
          if (auto synced = to.store().sync(); !synced) done = std::move(synced.error()).within(to.name());
        }
        if (!done) {
          write_error = done.error().message;
          return false;
        }
        copy.last = first + batch.event_count - 1;
        copy.bytes += batch.used_bytes;
        return true;
      });
  if (!write_error.empty()) return Error{write_error};
  if (!copied && !keep_readable) return std::move(copied.error()).within(from.name());
  if (!copied) copy.lost = copied.error().message;
  if (auto synced = to.store().sync(); !synced) return std::move(synced.error()).within(to.name());
  return {};
}

// Reads both again, and compares them byte for byte.
Result<void> compare(NamedLog& from, NamedLog& to, const Copy& copy) {
  OwnBatch other(log_batch_bytes, log_batch_events);
  std::uint32_t other_at = 0;
  other.room();
  return from.read(copy.first, copy.last, [&](const tickweir_batch& batch) -> Result<bool> {
    for (std::uint32_t at = 0; at < batch.used_bytes;) {
      const auto& event = *reinterpret_cast<const Event*>(batch.data + at);
      if (event.sequence > copy.last) break;
      if (other_at == other.batch().used_bytes) {
        other_at = 0;
        auto read = to.store().read(event.sequence, other.room());
        if (!read) return std::move(read.error()).within(to.name());
        if (!*read) return Error{to.name() + " lacks event " + std::to_string(event.sequence)};
      }
      const auto& copied = *reinterpret_cast<const Event*>(other.batch().data + other_at);
      if (copied.size != event.size || std::memcmp(&copied, &event, event.size) != 0) {
        return Error{to.name() + ": event " + std::to_string(event.sequence) + " is not what was copied"};
      }
      at += event.size;
      other_at += copied.size;
    }
    return true;
  });
}

Result<void> copy_and_compare(NamedLog& from, NamedLog& to, bool keep_readable, Copy& copy) {
  auto facts = from.open(true);
  if (!facts) return std::move(facts.error()).within(from.name());
  if (facts->first_sequence == 0 && facts->last_sequence != 0) {
    return Error{from.name() + ": it was at event " + std::to_string(facts->last_sequence) +
                 " and holds none any more; a copy of no events would begin with 1 again: run the pipeline "
                 "until the log holds an event, then copy it"};
  }
  auto opened = to.open_new(facts->schema, facts->id);
  if (!opened) return std::move(opened.error()).within(to.name());
  copy.has_own_id = opened->id != facts->id;
  copy.has_begun = true;
  const auto begin = Clock::now();
  if (auto copied = copy_events(from, to, *facts, keep_readable, copy); !copied) return copied.error();
  if (auto closed = to.close(); !closed) return std::move(closed.error()).within(to.name());
  copy.copy_seconds = seconds_since(begin);

  const auto again = Clock::now();
  auto held = to.open(true);
  if (!held) return std::move(held.error()).within(to.name() + ": after the copy");
  const std::uint64_t expected_first = copy.last == 0 ? 0 : copy.first;
  if (held->first_sequence != expected_first || held->last_sequence != copy.last) {
    return Error{to.name() + " holds events " + std::to_string(held->first_sequence) + " to " +
                 std::to_string(held->last_sequence) + ", expected " + std::to_string(expected_first) +
                 " to " + std::to_string(copy.last)};
  }
  if (auto compared = compare(from, to, copy); !compared) return compared.error();
  copy.compare_seconds = seconds_since(again);
  return {};
}

void print(const Arguments& arguments, const NamedLog& from, const NamedLog& to, const Copy& copy) {
  if (arguments.common.json) {
    std::cout << json_text({{"from", from.name()},
                            {"to", to.name()},
                            {"first", copy.first},
                            {"last", copy.last},
                            {"events", copy.events()},
                            {"bytes", copy.bytes},
                            {"copy_seconds", copy.copy_seconds},
                            {"compare_seconds", copy.compare_seconds},
                            {"lost", copy.lost}});
    return;
  }
  const auto events = static_cast<double>(copy.events());
  std::cout << "copied " << copy.events() << " events, " << copy.bytes << " bytes, at "
            << shown_rate(events / copy.copy_seconds) << "; compared byte for byte at "
            << shown_rate(events / copy.compare_seconds) << ": " << to.name() << " is as " << from.name()
            << "\n";
}

}  // namespace

int wal_copy_command(const Arguments& arguments) {
  int code = exit_done;
  const auto from = find_log(arguments, arguments.target, code);
  if (from == nullptr) return code;
  const auto to = find_log(arguments, arguments.wal.to, code);
  if (to == nullptr) return code;
  Copy copy;
  if (auto done = copy_and_compare(*from, *to, arguments.wal.keep_readable, copy); !done) {
    print_error(done.error().message);
    if (copy.has_begun)
      std::fprintf(stderr, "  = %s is no copy: remove what there is of it\n", to->name().c_str());
    return exit_failed;
  }
  if (!copy.lost.empty()) {
    print_log_error(*from, copy.lost,
                    "what comes after event " + std::to_string(copy.last) + " was not copied");
  }
  if (copy.has_own_id) {
    std::fprintf(stderr,
                 "tickweir: %s has an id of its own: snapshots taken with %s do not fit it, remove them\n",
                 to->name().c_str(), from->name().c_str());
  }
  print(arguments, *from, *to, copy);
  return exit_done;
}

}  // namespace tickweir

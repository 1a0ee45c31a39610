// tickweir wal cat: the events of a log, as text or JSON, by the layouts that lie in it.
#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "cli/wal.h"
#include "cli/wal_events.h"
#include "cli/wal_log.h"

namespace tickweir {
namespace {

constexpr std::size_t flush_bytes = 1 << 20;

void flush(std::string& out) {
  if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size()) {
    throw std::runtime_error("cannot write to stdout");
  }
  out.clear();
}

struct Range {
  std::uint64_t first;
  std::uint64_t last;
};

Result<Range> range_of(const WalArguments& given, const LogFacts& facts) {
  Range range{.first = given.first.value_or(facts.first_sequence),
              .last = std::min(given.last.value_or(facts.last_sequence), facts.last_sequence)};
  if (range.first < facts.first_sequence) {
    return Error{"it does not hold event " + std::to_string(range.first) + ": it begins with " +
                 std::to_string(facts.first_sequence)};
  }
  if (given.limit && range.first <= range.last) {
    if (*given.limit == 0) return Range{.first = 1, .last = 0};
    range.last = range.first + std::min(*given.limit - 1, range.last - range.first);
  }
  return range;
}

Result<void> print(NamedLog& log, const Range& range, const EventTable& layouts, bool is_json) {
  std::string out;
  auto printed = log.read(range.first, range.last, [&](const tickweir_batch& batch) -> Result<bool> {
    for (std::uint32_t at = 0; at < batch.used_bytes;) {
      const auto& event = *reinterpret_cast<const Event*>(batch.data + at);
      at += event.size;
      if (event.sequence > range.last) break;
      is_json ? layouts.append_json(event, out) : layouts.append_text(event, out);
      if (out.size() >= flush_bytes) flush(out);
    }
    return true;
  });
  flush(out);
  return printed;
}

}  // namespace

int wal_cat_command(const Arguments& arguments) {
  int code = exit_done;
  const auto log = find_log(arguments, arguments.target, code);
  if (log == nullptr) return code;
  auto facts = log->open(true);
  if (!facts) {
    print_log_error(*log, facts.error().message);
    return exit_failed;
  }
  auto range = range_of(arguments.wal, *facts);
  if (!range) {
    print_log_error(*log, range.error().message);
    return exit_failed;
  }
  const bool is_json = arguments.common.json || arguments.format == "json";
  if (auto printed = print(*log, *range, EventTable(facts->schema), is_json); !printed) {
    print_log_error(*log, printed.error().message);
    return exit_failed;
  }
  return exit_done;
}

}  // namespace tickweir

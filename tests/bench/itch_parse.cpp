// itch_parse: ITCH messages to events, against a bare loop over the message lengths that touches each field.
//
// Both work on the same bytes in memory, so that no disk is measured.
#include <cstring>
#include <vector>

#include "bench.h"
#include "sample.h"
#include "source_itch/itch_framing.h"
#include "tickweir/batch_filler.h"
#include "tickweir/market.h"

namespace tickweir::bench {

namespace {

std::uint64_t parse_all(const std::string& bytes) {
  MemoryInput input(bytes);
  itch::Decoder decoder(0, 1);
  itch::Faults faults("memory", false, [](const std::string&) {});
  itch::FileReader<MemoryInput> reader(input, false, decoder, faults);
  std::vector<std::uint8_t> memory(256 * itch::event_bytes_max + 64);
  tickweir_batch batch;
  batch.capacity_bytes = 256 * itch::event_bytes_max;
  batch.event_count_max = 256;
  batch.data = memory.data() + (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64);
  std::uint64_t events = 0;
  for (auto progress = itch::Progress::more; progress == itch::Progress::more;) {
    batch.event_count = batch.used_bytes = batch.stride = 0;
    BatchFiller filler(batch, itch::event_bytes_max);
    progress = reader.read(filler);
    filler.commit();
    events += batch.event_count;
    asm volatile("" ::"r"(batch.data) : "memory");
  }
  return events;
}

template <typename T>
T touch(const std::uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Every field of the messages that become events is loaded and added to a sum; nothing is built.
std::uint64_t touch_all(const std::string& bytes) {
  MemoryInput input(bytes);
  std::vector<std::uint8_t> window(256 * 1024);
  std::size_t left = 0;
  std::uint64_t sum = 0;
  std::uint64_t messages = 0;
  for (;;) {
    const std::size_t got = input.read(window.data() + left, window.size() - left);
    const std::size_t end = left + got;
    std::size_t at = 0;
    while (end - at >= 2) {
      const std::size_t length = __builtin_bswap16(touch<std::uint16_t>(window.data() + at));
      if (length == 0 || end - at < 2 + length) break;
      const std::uint8_t* const m = window.data() + at + 2;
      sum += m[0] + __builtin_bswap16(touch<std::uint16_t>(m + 1)) +
             (__builtin_bswap64(touch<std::uint64_t>(m + 5)) >> 16);
      switch (m[0]) {
        case 'F':
        case 'A':
          sum += __builtin_bswap64(touch<std::uint64_t>(m + 11)) + m[19] +
                 __builtin_bswap32(touch<std::uint32_t>(m + 20)) +
                 __builtin_bswap32(touch<std::uint32_t>(m + 32));
          break;
        case 'U':
          sum += __builtin_bswap64(touch<std::uint64_t>(m + 19)) +
                 __builtin_bswap32(touch<std::uint32_t>(m + 27)) +
                 __builtin_bswap32(touch<std::uint32_t>(m + 31)) +
                 __builtin_bswap64(touch<std::uint64_t>(m + 11));
          break;
        case 'E':
        case 'C':
          sum += __builtin_bswap64(touch<std::uint64_t>(m + 11)) +
                 __builtin_bswap32(touch<std::uint32_t>(m + 19)) +
                 __builtin_bswap64(touch<std::uint64_t>(m + 23));
          break;
        case 'X':
          sum += __builtin_bswap64(touch<std::uint64_t>(m + 11)) +
                 __builtin_bswap32(touch<std::uint32_t>(m + 19));
          break;
        case 'D':
          sum += __builtin_bswap64(touch<std::uint64_t>(m + 11));
          break;
        default:
          break;
      }
      at += 2 + length;
      ++messages;
    }
    if (got == 0) break;
    left = end - at;
    std::memmove(window.data(), window.data() + at, left);
  }
  asm volatile("" ::"r"(sum));
  return messages;
}

double per_second(const std::string& bytes, std::uint64_t (*work)(const std::string&), std::uint64_t least) {
  pin_to(0);
  bring_in(bytes.data(), bytes.size());
  const std::uint64_t start = now_ns();
  const std::uint64_t count = work(bytes);
  const std::uint64_t elapsed = now_ns() - start;
  unpin();
  check(count >= least, "every message is read");
  return static_cast<double>(count) * 1e9 / static_cast<double>(elapsed);
}

}  // namespace

std::vector<Row> itch_parse(const Settings& settings) {
  const std::uint64_t messages = settings.is_smoke ? 20'000 : 2'000'000;
  const std::string bytes = sample_bytes(settings, messages);
  const Pairs pairs = run_pairs(
      settings, false, [&] { return per_second(bytes, parse_all, messages * 9 / 10); },
      [&] { return per_second(bytes, touch_all, messages); });
  const double ratio = pairs.ratio();
  return {{.name = "itch_parse",
           .unit = "M messages/s",
           .ours = median(pairs.ours) * 1e-6,
           .baseline = median(pairs.baseline) * 1e-6,
           .figure = ratio,
           .figure_text = "ratio",
           .target = "at least 0.7",
           .is_reached = ratio >= 0.7,
           .state = pairs.state,
           .note = "from memory"}};
}

}  // namespace tickweir::bench

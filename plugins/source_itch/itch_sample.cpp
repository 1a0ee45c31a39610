// itch_sample: writes a made-up but valid ITCH 5.0 file of any size, the same for the same arguments.
//
// Exit codes: 0 written, 1 could not be written (nothing is left behind), 2 wrong usage.
#include <array>
#include <charconv>
#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sample_flow.h"

namespace {

using namespace tickweir::itch;

constexpr const char* usage =
    "usage: itch_sample [options] OUT[.gz]\n"
    "  --messages N       how many ITCH messages (1000000; at most 4000000000)\n"
    "  --instruments N    how many stocks (100; 1 to 65535)\n"
    "  --seed N           another seed, another day (1)\n"
    "  --format F         binaryfile | untyped | moldudp64-pcap (binaryfile)\n"
    "  --flow F           venue: a feed whose book is never crossed | orders: plain orders that cross "
    "(venue)\n"
    "  --duplicates P     share of packets sent twice, 0 to 1, for moldudp64-pcap (0)\n";

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Arguments {
  SampleSettings flow;
  std::string format = "binaryfile";
  std::uint32_t duplicates_per_million = 0;
  std::string path;
  bool help = false;
};

std::uint64_t parse_number(std::string_view name, std::string_view text, std::uint64_t low,
                           std::uint64_t high) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    throw UsageError(std::string(name) + " is \"" + std::string(text) + "\", expected a whole number from " +
                     std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

std::uint32_t parse_share(std::string_view name, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0 && value <= 1)) {
    throw UsageError(std::string(name) + " is \"" + std::string(text) + "\", expected a number from 0 to 1");
  }
  return static_cast<std::uint32_t>(value * 1'000'000 + 0.5);
}

std::string parse_word(std::string_view name, std::string_view text,
                       const std::vector<std::string_view>& words) {
  std::string list;
  for (const std::string_view word : words) {
    if (word == text) return std::string(text);
    list += (list.empty() ? "" : " | ") + std::string(word);
  }
  throw UsageError(std::string(name) + " is \"" + std::string(text) + "\", expected " + list);
}

Arguments parse_arguments(const std::vector<std::string_view>& given) {
  Arguments result;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string_view name = given[i];
    if (name == "--help" || name == "-h") {
      result.help = true;
      return result;
    }
    if (!name.starts_with("--")) {
      if (!result.path.empty())
        throw UsageError("two output files are given: " + result.path + " and " + std::string(name));
      result.path = name;
      continue;
    }
    if (i + 1 == given.size()) throw UsageError(std::string(name) + " has no value");
    const std::string_view value = given[++i];
    if (name == "--messages") {
      result.flow.messages = parse_number(name, value, 1, 4'000'000'000);
    } else if (name == "--instruments") {
      result.flow.instruments = static_cast<std::uint32_t>(parse_number(name, value, 1, 65'535));
    } else if (name == "--seed") {
      result.flow.seed = parse_number(name, value, 0, UINT64_MAX);
    } else if (name == "--format") {
      result.format = parse_word(name, value, {"binaryfile", "untyped", "moldudp64-pcap"});
    } else if (name == "--flow") {
      result.flow.plain_orders = parse_word(name, value, {"venue", "orders"}) == "orders";
    } else if (name == "--duplicates") {
      result.duplicates_per_million = parse_share(name, value);
    } else {
      throw UsageError("there is no option " + std::string(name));
    }
  }
  if (result.path.empty()) throw UsageError("no output file is given");
  if (result.duplicates_per_million != 0 && result.format != "moldudp64-pcap") {
    throw UsageError(
        "--duplicates needs --format moldudp64-pcap: only there can a repeat be told from a new message");
  }
  return result;
}

struct Written {
  SampleCounts counts;
  std::uint64_t repeated = 0;  // messages sent twice
};

Written write_file(const SampleSettings& settings, bool untyped, OutputFile& out) {
  BinaryFileWriter writer(out, untyped);
  SampleFlow flow(settings,
                  [&](std::span<const std::uint8_t> message, std::uint64_t) { writer.write(message); });
  const Written written{.counts = flow.run()};
  writer.finish();
  return written;
}

// A repeat comes one packet after its original, as from a second line that is a little slower.
Written write_capture(const SampleSettings& settings, std::uint32_t duplicates_per_million, OutputFile& out) {
  MoldCaptureWriter writer(out);
  SampleRandom random(settings.seed ^ 0x6d6f6c64U);
  std::vector<std::uint8_t> repeat;
  std::uint32_t wanted = 1;
  std::uint64_t repeated = 0;
  std::uint64_t last_time = 0;
  const auto flush = [&](std::uint64_t time) {
    const std::uint32_t count = writer.open_count();
    const auto packet = writer.flush(time);
    if (!repeat.empty()) out.write(repeat);
    repeat.clear();
    if (random.below(1'000'000) < duplicates_per_million) {
      repeat.assign(packet.begin(), packet.end());
      repeated += count;
    }
    if (random.one_in(1000)) writer.heartbeat(time);
    wanted = 1 + std::min(random.below(28), random.below(28));  // 28 of the longest fit an Ethernet frame
  };
  SampleFlow flow(settings, [&](std::span<const std::uint8_t> message, std::uint64_t time) {
    writer.write(message);
    last_time = time;
    if (writer.open_count() >= wanted) flush(time);
  });
  const SampleCounts counts = flow.run();
  if (writer.open_count() != 0) flush(last_time);
  if (!repeat.empty()) out.write(repeat);
  writer.finish(last_time);
  return {.counts = counts, .repeated = repeated};
}

void report(const Arguments& arguments, const Written& written, std::uint64_t bytes) {
  const SampleCounts& counts = written.counts;
  const std::uint64_t adds = counts['A'] + counts['F'];
  std::cout << arguments.path << ": " << arguments.flow.messages << " messages of "
            << arguments.flow.instruments << " stocks (" << adds << " adds, " << counts['E'] + counts['C']
            << " executions, " << counts['U'] << " replaces, " << counts['X'] << " cancels, " << counts['D']
            << " deletes)";
  if (arguments.flow.plain_orders) std::cout << ", " << counts.trading_adds << " adds trade";
  if (written.repeated != 0) std::cout << ", " << written.repeated << " sent twice";
  std::cout << ", " << bytes << " bytes of " << arguments.format << "\n";
}

void write(const Arguments& arguments) {
  OutputFile out(arguments.path);
  const Written written = arguments.format == "moldudp64-pcap"
                              ? write_capture(arguments.flow, arguments.duplicates_per_million, out)
                              : write_file(arguments.flow, arguments.format == "untyped", out);
  out.close();
  report(arguments, written, out.bytes_written());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Arguments arguments = parse_arguments({argv + 1, argv + argc});
    if (arguments.help) {
      std::cout << usage;
      return 0;
    }
    write(arguments);
    return 0;
  } catch (const UsageError& error) {
    std::cerr << "itch_sample: " << error.what() << "\n" << usage;
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "itch_sample: " << error.what() << "\n";
    return 1;
  }
}

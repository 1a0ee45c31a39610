// A refusal that is lost: the event comes again, through real filters between the source and its log. The one
// that knows repeats is the last; what is refused before it is not remembered by it.
#include "tcp_test.h"

#include <filesystem>

#include "tickweir/market.h"

namespace tickweir::tcp {
namespace {

Harness filter(const char* name, const testing::OptionTexts& options, std::uint8_t verdict_base) {
  const auto folder = std::filesystem::path(TICKWEIR_PLUGIN_FILE).parent_path();
  return Harness((folder / name).c_str(), options, {.verdict_base = verdict_base});
}

// As in a pipeline: a price band, a dedup, a log.
class Filters {
 public:
  Filters() { band_.push({testing::event(market::Trade{.price = 10'000, .instrument = 1})}); }

  [[nodiscard]] std::vector<tickweir_verdict> verdicts() const {
    std::vector<tickweir_verdict> found;
    for (const Harness* stage : {&band_, &unique_}) {
      for (std::uint32_t i = 0; i < stage->plugin().reason_count; ++i) {
        const tickweir_reason& reason = stage->plugin().reasons[i];
        found.push_back({.flags = reason.flags, .stage_id = "filter", .reason = reason.name, .help = ""});
      }
    }
    return found;
  }
  // Takes what came out of the source since the last time, judges it, and tells what became of it.
  void settle(Rig& rig) {
    for (; settled_ < rig.count(); ++settled_) {
      const std::uint8_t verdict = verdict_of(rig.stage().output()[settled_]);
      if (verdict == 0) log.push_back(rig.stage().output()[settled_].origin());
      rig.settle(settled_, 1, verdict);
    }
  }

  std::vector<std::uint64_t> log;

 private:
  static constexpr std::uint8_t band_base = 1;
  static constexpr std::uint8_t unique_base = 3;  // behind the two reasons of the band

  std::uint8_t verdict_of(const OwnedEvent& event) {
    band_.push({event});
    if (!band_.verdicts().back().empty()) return band_base;
    unique_.push({event});
    const std::string& verdict = unique_.verdicts().back();
    EXPECT_TRUE(verdict.empty() || verdict == "duplicate") << verdict;
    return verdict.empty() ? 0 : unique_base;
  }

  Harness band_ = filter("filter_price_band.so", {{"band", "1000"}}, band_base);
  Harness unique_ = filter("filter_dedup.so", {}, unique_base);
  std::size_t settled_ = 0;
};

std::string order(std::uint64_t number, std::int64_t price) {
  wire::Frame<market::NewOrder> frame;
  frame.header.origin = number;
  frame.payload = {.price = price, .instrument = 1, .kind = market::OrderKind::Limit};
  return bytes_of(frame);
}

TEST(RefusedAgain, WhatNoLogHoldsIsNeverAcknowledgedHoweverOftenItComes) {
  Filters filters;
  const std::vector<tickweir_verdict> verdicts = filters.verdicts();
  Rig rig({}, {.verdicts = verdicts});
  const std::string orders = order(1, 10'100) + order(2, 20'000);  // the second one is outside the band
  {
    Peer lost(rig, 7);
    lost.send(orders);
    rig.until_events(2);
    lost.reset();
  }
  rig.until("the end", [&] { return rig.stage().counter("connections") == 0; });
  filters.settle(rig);  // nobody is there to hear it
  for (std::size_t times = 2; times <= 3; ++times) {
    Peer again(rig, 7);
    EXPECT_EQ(again.reply.last_durable, 1U);
    EXPECT_EQ(again.reply.last_received, 2U);
    again.send(orders);
    rig.until_events(2 * times);
    filters.settle(rig);
    EXPECT_EQ(again.next<wire::Acknowledgement>().number, 1U);
    const auto refusal = again.next<wire::Refusal>();
    EXPECT_EQ(refusal.number, 2U);
    EXPECT_EQ(wire::text_of(refusal.reason), "outside_band");
    EXPECT_EQ(again.next<wire::Acknowledgement>().number, 2U) << "of what is durable or refused";
    EXPECT_EQ(rig.stage().counter("repeats"), times - 1) << "the first order only";
  }
  EXPECT_EQ(filters.log, std::vector<std::uint64_t>{wire::client_origin(7, 1)});
}

}  // namespace
}  // namespace tickweir::tcp

// The rules of the book, case by case: requests in, reports out.
#include "order_book.h"

#include <gtest/gtest.h>

#include "recorder.h"

namespace tickweir::book {
namespace {

using Lines = std::vector<std::string>;

template <template <typename> typename Rules>
struct Bench {
  explicit Bench(Recorder wants = {}, Limits limits = {.orders = 8, .instruments = 4})
      : recorder(std::move(wants)), store(limits), rules(store, recorder) {}

  Bench& run(const Lines& rows) {
    for (const std::string& row : rows) {
      visit_request(row, [&](const auto& request) {
        if constexpr (requires { rules.request(request); }) rules.request(request);
        if constexpr (requires { rules.follow(request); }) last = rules.follow(request);
      });
    }
    return *this;
  }
  // What the rows make the book tell; what came before is forgotten.
  Lines tells(const Lines& rows) {
    recorder.lines.clear();
    run(rows);
    return recorder.lines;
  }
  std::uint64_t rejected(RejectReason reason) const {
    return rules.counts().rejected[static_cast<std::size_t>(reason)];
  }

  Recorder recorder;
  BookStore store;
  Rules<Recorder> rules;
  RejectReason last = RejectReason::None;
};
using Venue = Bench<Matching>;
using Follower = Bench<Rebuilding>;

// ---- match: what each request gives ------------------------------------------------------------------

TEST(Matching, AcceptsAnOrderThatRests) {
  EXPECT_EQ(Venue().tells({"new 1 B 100x10"}), (Lines{"accepted 1 B 100x10"}));
}

TEST(Matching, TradesInOrderOfPriceThenTime) {
  Venue venue;
  venue.run({"new 1 S 102x5", "new 2 S 101x5", "new 3 S 101x5", "new 4 S 100x5"});
  EXPECT_EQ(venue.tells({"new 9 B 102x18"}),
            (Lines{"accepted 9 B 102x18", "executed #1 maker 4 taker 9 100x5 left 0/13",
                   "executed #2 maker 2 taker 9 101x5 left 0/8", "executed #3 maker 3 taker 9 101x5 left 0/3",
                   "executed #4 maker 1 taker 9 102x3 left 2/0"}));
}

TEST(Matching, TradesBuyersFromTheHighestPriceDown) {
  Venue venue;
  venue.run({"new 1 B 98x5", "new 2 B 100x5", "new 3 B 99x5"});
  EXPECT_EQ(venue.tells({"new 9 S 99x12"}),
            (Lines{"accepted 9 S 99x12", "executed #1 maker 2 taker 9 100x5 left 0/7",
                   "executed #2 maker 3 taker 9 99x5 left 0/2"}));
  EXPECT_EQ(venue.tells({"cancel 9"}), (Lines{"cancelled 9 x2 left 0 Requested"}));
}

TEST(Matching, RestsWhatAPartialFillLeaves) {
  Venue venue;
  venue.run({"new 1 S 100x4", "new 2 B 100x10"});
  EXPECT_EQ(venue.tells({"new 3 S 100x6"}),
            (Lines{"accepted 3 S 100x6", "executed #2 maker 2 taker 3 100x6 left 0/0"}));
  EXPECT_EQ(venue.store.order_count(), 0U);
}

TEST(Matching, CancelsWhatAnImmediateOrderLeaves) {
  Venue venue;
  venue.run({"new 1 S 100x4", "new 2 S 101x4"});
  EXPECT_EQ(venue.tells({"new 9 B 100x10 ioc"}),
            (Lines{"accepted 9 B 100x10", "executed #1 maker 1 taker 9 100x4 left 0/6",
                   "cancelled 9 x6 left 0 ImmediateRemainder"}));
  EXPECT_EQ(venue.tells({"new 9 B 100x10 ioc"}),
            (Lines{"accepted 9 B 100x10", "cancelled 9 x10 left 0 ImmediateRemainder"}));
}

TEST(Matching, TradesAMarketOrderAtAnyPriceAndCancelsTheRest) {
  Venue venue;
  venue.run({"new 1 S 100x4", "new 2 S 5000x4"});
  EXPECT_EQ(venue.tells({"new 9 B mktx10"}),
            (Lines{"accepted 9 B 0x10", "executed #1 maker 1 taker 9 100x4 left 0/6",
                   "executed #2 maker 2 taker 9 5000x4 left 0/2", "cancelled 9 x2 left 0 NoLiquidity"}));
  EXPECT_EQ(venue.tells({"new 8 S mktx1"}), (Lines{"accepted 8 S 0x1", "cancelled 8 x1 left 0 NoLiquidity"}));
}

TEST(Matching, CancelsWhatIsOpen) {
  Venue venue;
  venue.run({"new 1 S 100x10", "new 2 B 100x3"});
  EXPECT_EQ(venue.tells({"cancel 1", "cancel 1"}),
            (Lines{"cancelled 1 x7 left 0 Requested", "rejected 1 UnknownOrder"}));
}

TEST(Matching, KeepsThePlaceOfAReducedOrder) {
  Venue venue;
  venue.run({"new 1 S 100x10", "new 2 S 100x10"});
  EXPECT_EQ(
      venue.tells({"reduce 1 x4", "new 9 B 100x7"}),
      (Lines{"cancelled 1 x4 left 6 Reduced", "accepted 9 B 100x7",
             "executed #1 maker 1 taker 9 100x6 left 0/1", "executed #2 maker 2 taker 9 100x1 left 9/0"}));
}

TEST(Matching, EndsAnOrderReducedByAllOrMore) {
  Venue venue;
  venue.run({"new 1 S 100x10", "new 2 S 100x10"});
  EXPECT_EQ(venue.tells({"reduce 1 x10", "reduce 2 x11"}),
            (Lines{"cancelled 1 x10 left 0 Reduced", "cancelled 2 x10 left 0 Reduced"}));
  EXPECT_EQ(venue.store.order_count(), 0U);
}

TEST(Matching, PutsAnOrderReplacedByALargerOneAtTheBack) {
  Venue venue;
  venue.run({"new 1 S 100x5", "new 2 S 100x5"});
  EXPECT_EQ(
      venue.tells({"replace 1 3 100x6", "new 9 B 100x6"}),
      (Lines{"replaced 1 by 3 100x6", "accepted 9 B 100x6", "executed #1 maker 2 taker 9 100x5 left 0/1",
             "executed #2 maker 3 taker 9 100x1 left 5/0"}));
  EXPECT_EQ(venue.tells({"cancel 1"}), (Lines{"rejected 1 UnknownOrder"}));
}

TEST(Matching, TradesACrossingReplaceAtTheMakersPrice) {
  Venue venue;
  venue.run({"new 1 S 100x5", "new 2 S 101x5", "new 3 B 90x8"});
  EXPECT_EQ(venue.tells({"replace 3 4 105x12"}),
            (Lines{"replaced 3 by 4 105x12", "executed #1 maker 1 taker 4 100x5 left 0/7",
                   "executed #2 maker 2 taker 4 101x5 left 0/2"}));
  EXPECT_EQ(venue.tells({"cancel 4"}), (Lines{"cancelled 4 x2 left 0 Requested"}));
}

TEST(Matching, ReplacesUnderTheSameIdToo) {
  Venue venue;
  venue.run({"new 1 S 100x5", "new 2 S 100x5"});
  EXPECT_EQ(
      venue.tells({"replace 1 1 100x9", "new 9 B 100x6"}),
      (Lines{"replaced 1 by 1 100x9", "accepted 9 B 100x6", "executed #1 maker 2 taker 9 100x5 left 0/1",
             "executed #2 maker 1 taker 9 100x1 left 8/0"}));
}

TEST(Matching, LeavesTheOldOrderWhenAReplaceIsRejected) {
  Venue venue;
  venue.run({"new 1 S 100x5", "new 2 S 101x5"});
  EXPECT_EQ(venue.tells(
                {"replace 1 2 99x1", "replace 1 3 0x1", "replace 1 3 99x0", "replace 1 0 99x1", "cancel 1"}),
            (Lines{"rejected 1 DuplicateOrderId", "rejected 1 InvalidPrice", "rejected 1 InvalidQuantity",
                   "rejected 1 InvalidOrderId", "cancelled 1 x5 left 0 Requested"}));
}

TEST(Matching, RejectsEachWrongFieldByItsName) {
  EXPECT_EQ(
      Venue().tells({"new 0 B 100x1", "new 1 B 100x1 @0", "new 1 100x1", "new 1 B 0x1", "new 1 B -5x1",
                     "new 1 B 100x0", "new 1 B 68719476737x1", "new 1 B 1x134217728", "new 1 B mktx1 @p5"}),
      (Lines{"rejected 0 InvalidOrderId", "rejected 1 InvalidInstrument", "rejected 1 InvalidSide",
             "rejected 1 InvalidPrice", "rejected 1 InvalidPrice", "rejected 1 InvalidQuantity",
             "rejected 1 Overflow", "rejected 1 Overflow", "rejected 1 InvalidPrice"}));
}

TEST(Matching, RejectsRequestsAboutOrdersThatAreNotThere) {
  EXPECT_EQ(Venue().tells({"cancel 1", "reduce 1 x1", "replace 1 2 100x1", "cancel 0", "reduce 1 x0"}),
            (Lines{"rejected 1 UnknownOrder", "rejected 1 UnknownOrder", "rejected 1 UnknownOrder",
                   "rejected 0 InvalidOrderId", "rejected 1 InvalidQuantity"}));
}

TEST(Matching, TreatsTheOrderOfAnotherAccountOrInstrumentAsUnknown) {
  Venue venue;
  venue.run({"new 1 B 100x5 #7"});
  EXPECT_EQ(
      venue.tells({"cancel 1 #8", "cancel 1 @2", "replace 1 2 100x5 #8", "reduce 1 x1", "cancel 1 @0 #7"}),
      (Lines{"rejected 1 UnknownOrder", "rejected 1 UnknownOrder", "rejected 1 UnknownOrder",
             "cancelled 1 x1 left 4 Reduced", "cancelled 1 x4 left 0 Requested"}));
}

TEST(Matching, RejectsAnIdThatIsLiveAndTakesItAgainOnceFilled) {
  Venue venue;
  EXPECT_EQ(venue.tells({"new 1 S 100x5", "new 1 S 101x9", "new 2 B 100x5", "new 1 S 102x7", "cancel 1"}),
            (Lines{"accepted 1 S 100x5", "rejected 1 DuplicateOrderId", "accepted 2 B 100x5",
                   "executed #1 maker 1 taker 2 100x5 left 0/0", "accepted 1 S 102x7",
                   "cancelled 1 x7 left 0 Requested"}));
}

TEST(Matching, RejectsAnInstrumentWithoutABook) {
  EXPECT_EQ(Venue().tells({"new 1 B 100x1 @3", "new 2 B 100x1 @4"}),
            (Lines{"accepted 1 B 100x1", "rejected 2 InstrumentLimit"}));
}

TEST(Matching, RejectsAnOrderThatWouldRestBeyondTheLimit) {
  Venue venue({}, {.orders = 2, .instruments = 4});
  venue.run({"new 1 S 100x1", "new 2 S 101x1"});
  EXPECT_EQ(venue.tells({"new 3 B 100x1", "new 4 B 100x1 ioc", "new 5 B 90x1"}),
            (Lines{"rejected 3 OrderLimit", "accepted 4 B 100x1",
                   "executed #1 maker 1 taker 4 100x1 left 0/0", "accepted 5 B 90x1"}));
  EXPECT_EQ(venue.tells({"replace 5 6 91x1"}), (Lines{"replaced 5 by 6 91x1"}));
}

TEST(Matching, KeepsInstrumentsApart) {
  Venue venue;
  venue.run({"new 1 S 100x5 @1", "new 2 S 99x5 @2"});
  EXPECT_EQ(venue.tells({"new 9 B 100x5 @1"}),
            (Lines{"accepted 9 B 100x5", "executed #1 maker 1 taker 9 100x5 left 0/0"}));
}

// ---- match: where books go wrong ---------------------------------------------------------------------

TEST(Matching, HasNoPhantomBestAfterACancel) {
  Venue venue({.top = true});
  EXPECT_EQ(
      venue.tells({"new 1 S 100x5", "new 2 S 103x5", "cancel 1", "new 9 B 102x1"}),
      (Lines{"accepted 1 S 100x5", "top 0x0 / 100x5", "accepted 2 S 103x5", "cancelled 1 x5 left 0 Requested",
             "top 0x0 / 103x5", "accepted 9 B 102x1", "top 102x1 / 103x5"}));
}

TEST(Matching, SweepsAQueueWhoseMiddleWasCancelled) {
  Venue venue;
  venue.run({"new 1 S 100x1", "new 2 S 100x2", "new 3 S 100x3", "new 4 S 100x4", "cancel 2", "cancel 3",
             "new 5 S 100x5"});
  EXPECT_EQ(
      venue.tells({"new 9 B 100x10"}),
      (Lines{"accepted 9 B 100x10", "executed #1 maker 1 taker 9 100x1 left 0/9",
             "executed #2 maker 4 taker 9 100x4 left 0/5", "executed #3 maker 5 taker 9 100x5 left 0/0"}));
}

TEST(Matching, CancelsTheHeadAndTheTailOfAQueue) {
  Venue venue;
  venue.run({"new 1 S 100x1", "new 2 S 100x2", "new 3 S 100x3", "cancel 1", "cancel 3", "new 4 S 100x4"});
  EXPECT_EQ(venue.tells({"new 9 B 100x6"}),
            (Lines{"accepted 9 B 100x6", "executed #1 maker 2 taker 9 100x2 left 0/4",
                   "executed #2 maker 4 taker 9 100x4 left 0/0"}));
}

TEST(Matching, ReusesAPriceThatWasEmptied) {
  Venue venue({.levels = true});
  venue.run({"new 1 S 100x1", "cancel 1"});
  EXPECT_EQ(venue.tells({"new 2 S 100x2", "new 9 B 100x2"}),
            (Lines{"accepted 2 S 100x2", "level S 100x2 of 1", "accepted 9 B 100x2",
                   "executed #1 maker 2 taker 9 100x2 left 0/0", "level S 100x0 of 0"}));
}

TEST(Matching, TradesAtTheLargestPriceAndQuantity) {
  Venue venue;
  EXPECT_EQ(venue.tells({"new 1 S 68719476736x134217727", "new 2 B 68719476736x134217727"}),
            (Lines{"accepted 1 S 68719476736x134217727", "accepted 2 B 68719476736x134217727",
                   "executed #1 maker 1 taker 2 68719476736x134217727 left 0/0"}));
}

TEST(Matching, TouchingPricesTradeAndPricesOneApartDoNot) {
  Venue venue;
  venue.run({"new 1 S 100x1"});
  EXPECT_EQ(venue.tells({"new 2 B 99x1", "new 3 B 100x1"}),
            (Lines{"accepted 2 B 99x1", "accepted 3 B 100x1", "executed #1 maker 1 taker 3 100x1 left 0/0"}));
}

TEST(Matching, TellsEachLevelASweepTouchesOnce) {
  Venue venue({.reports = false, .levels = true});
  venue.run({"new 1 S 100x1", "new 2 S 100x2", "new 3 S 101x3"});
  EXPECT_EQ(venue.tells({"new 9 B 101x5 ioc"}), (Lines{"level S 100x0 of 0", "level S 101x1 of 1"}));
}

TEST(Matching, TellsTheTopOnlyWhenItChanged) {
  Venue venue({.reports = false, .top = true});
  EXPECT_EQ(venue.tells({"new 1 B 100x5", "new 2 B 99x5", "cancel 2", "reduce 1 x2", "replace 1 3 100x3",
                         "new 4 S 100x3"}),
            (Lines{"top 100x5 / 0x0", "top 100x3 / 0x0", "top 0x0 / 0x0"}));
}

TEST(Matching, CountsEveryOutcome) {
  Venue venue;
  venue.run(
      {"new 1 S 100x5", "new 2 B 100x2", "replace 1 3 101x3", "cancel 3", "new 4 B 1x1 ioc", "cancel 9"});
  const Counts& counts = venue.rules.counts();
  EXPECT_EQ(counts.accepted, 3U);
  EXPECT_EQ(counts.executed, 1U);
  EXPECT_EQ(counts.replaced, 1U);
  EXPECT_EQ(counts.cancelled, 2U);
  EXPECT_EQ(venue.rejected(RejectReason::UnknownOrder), 1U);
}

// ---- rebuild -----------------------------------------------------------------------------------------

TEST(Rebuilding, FollowsAFeedWithoutMatching) {
  Follower book;
  EXPECT_EQ(book.tells({"new 1 S 100x10", "new 2 B 99x5", "exec 1 x4", "reduce 1 x1", "replace 2 3 98x7",
                        "cancel 1"}),
            (Lines{"accepted 1 S 100x10", "accepted 2 B 99x5", "executed #1 maker 1 taker 0 100x4 left 6/0",
                   "cancelled 1 x1 left 5 Reduced", "replaced 2 by 3 98x7", "cancelled 1 x5 left 0 Venue"}));
}

TEST(Rebuilding, LeavesACrossedBookAndCountsIt) {
  Follower book({.reports = false, .top = true});
  EXPECT_EQ(book.tells({"new 1 S 100x1", "new 2 B 101x1", "cancel 2", "new 3 B 99x1", "replace 3 4 100x1"}),
            (Lines{"top 0x0 / 100x1", "top 101x1 / 100x1", "top 0x0 / 100x1", "top 99x1 / 100x1",
                   "top 100x1 / 100x1"}));
  EXPECT_EQ(book.rules.counts().crossed, 2U);
}

TEST(Rebuilding, TakesThePriceOfAnExecutionFromTheVenueIfItGivesOne) {
  Follower book;
  book.run({"new 1 S 100x10"});
  EXPECT_EQ(book.tells({"exec 1 x4 @p97", "exec 1 x4 @p98 hidden"}),
            (Lines{"executed #1 maker 1 taker 0 97x4 left 6/0",
                   "executed #2 maker 1 taker 0 98x4 left 2/0 hidden"}));
}

TEST(Rebuilding, CountsWhatItCannotFollowAndTellsNothing) {
  Follower book({}, {.orders = 2, .instruments = 4});
  book.run({"new 1 S 100x1", "new 2 S 100x1"});
  EXPECT_EQ(
      book.tells({"new 3 S 100x1", "cancel 9", "exec 9 x1", "reduce 9 x1", "replace 9 8 1x1", "cancel 1 @2"}),
      Lines{});
  EXPECT_EQ(book.tells({"new 1 S 100x1", "replace 1 2 100x1", "new 5 B 0x1", "new 5 B mktx1",
                        "new 5 B 5x1 ioc", "exec 1 x0", "exec 0 x1", "exec 1 x1 @p-1", "new 7 B 1x1 @4"}),
            Lines{});
  EXPECT_EQ(book.rejected(RejectReason::OrderLimit), 1U);
  EXPECT_EQ(book.rejected(RejectReason::UnknownOrder), 5U);
  EXPECT_EQ(book.rejected(RejectReason::DuplicateOrderId), 2U);
  EXPECT_EQ(book.rejected(RejectReason::InvalidPrice), 2U);
  EXPECT_EQ(book.rejected(RejectReason::InvalidKind), 2U);
  EXPECT_EQ(book.rejected(RejectReason::InvalidQuantity), 1U);
  EXPECT_EQ(book.rejected(RejectReason::InvalidOrderId), 1U);
  EXPECT_EQ(book.rejected(RejectReason::InstrumentLimit), 1U);
  EXPECT_EQ(book.store.order_count(), 2U);
}

TEST(Rebuilding, BoundsAnExecutionByWhatIsOpenAndCountsTheExcess) {
  Follower book;
  book.run({"new 1 S 100x3", "new 2 S 100x3"});
  EXPECT_EQ(book.tells({"exec 1 x5", "reduce 2 x4"}),
            (Lines{"executed #1 maker 1 taker 0 100x3 left 0/0", "cancelled 2 x3 left 0 Reduced"}));
  EXPECT_EQ(book.rules.counts().excess, 2U);
}

}  // namespace
}  // namespace tickweir::book

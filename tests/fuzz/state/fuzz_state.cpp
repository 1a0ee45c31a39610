// Any bytes as a saved state: the first says whose. What is loaded must work, and must be the same state when
// it is saved and loaded again.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "book_state.h"
#include "bundler.h"
#include "dedup.h"
#include "order_book.h"

namespace {

using namespace tickweir;

std::int32_t read_from(void* host, void* room, std::uint64_t bytes) {
  auto& left = *static_cast<std::span<const std::uint8_t>*>(host);
  if (bytes > left.size()) return TICKWEIR_FAILED;
  if (bytes != 0) std::memcpy(room, left.data(), bytes);
  left = left.subspan(bytes);
  return TICKWEIR_OK;
}

std::int32_t write_to(void* host, const void* data, std::uint64_t bytes) {
  static_cast<std::string*>(host)->append(static_cast<const char*>(data), bytes);
  return TICKWEIR_OK;
}

// False: refused.
template <typename Load>
bool loads(std::span<const std::uint8_t> bytes, Load&& load) {
  tickweir_state_reader raw;
  raw.host = &bytes;
  raw.read = read_from;
  StateReader in(raw);
  try {
    load(in);
  } catch (const std::runtime_error&) {
    return false;
  }
  return true;
}

template <typename Save>
std::string saved(Save&& save) {
  std::string bytes;
  tickweir_state_writer raw;
  raw.host = &bytes;
  raw.write = write_to;
  StateWriter out(raw);
  save(out);
  return bytes;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr book::Limits limits{.orders = 16, .instruments = 4};

template <template <typename> class Rules>
struct Book {
  book::BookStore store{limits};
  book::Silent silent;
  Rules<book::Silent> rules{store, silent};

  bool load(std::span<const std::uint8_t> bytes) {
    return loads(bytes, [&](StateReader& in) { book::load_book(in, 0, store); });
  }
  std::string save() {
    return saved([&](StateWriter& out) { book::save_book(out, 0, store); });
  }
};

void sweep(market::Side side, book::Matching<book::Silent>& rules, std::uint32_t instrument) {
  rules.request(market::NewOrder{.order_id = 1'000'000,
                                 .quantity = market::quantity_max,
                                 .instrument = instrument,
                                 .side = side,
                                 .kind = market::OrderKind::Market,
                                 .time_in_force = market::TimeInForce::ImmediateOrCancel});
}

template <template <typename> class Rules>
void try_book(std::span<const std::uint8_t> bytes) {
  Book<Rules> book;
  if (!book.load(bytes)) return;
  const std::string again = book.save();
  Book<Rules> other;
  require(other.load(bytes_of(again)));
  require(other.save() == again);
  if constexpr (std::is_same_v<Rules<book::Silent>, book::Matching<book::Silent>>) {
    for (std::uint32_t i = 0; i < limits.instruments; ++i) {
      sweep(market::Side::Buy, book.rules, i);
      sweep(market::Side::Sell, book.rules, i);
    }
    book.rules.advance(~std::uint64_t{0});
    for (std::uint32_t i = 1; i < limits.instruments; ++i) {
      book.rules.request(market::TradingStatus{.instrument = i, .state = market::TradingState::Open});
      book.rules.request(market::InstrumentCancel{.instrument = i});
    }
    require(book.store.order_count() == 0);
  }
}

template <typename Memory, typename Use>
void try_memory(std::span<const std::uint8_t> bytes, Memory&& make, Use&& use) {
  auto memory = make();
  if (!loads(bytes, [&](StateReader& in) { memory.load(in); })) return;
  const std::string again = saved([&](StateWriter& out) { memory.save(out); });
  auto other = make();
  require(loads(bytes_of(again), [&](StateReader& in) { other.load(in); }));
  require(saved([&](StateWriter& out) { other.save(out); }) == again);
  use(memory);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span<const std::uint8_t> bytes(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      try_book<book::Matching>(bytes);
      break;
    case 1:
      try_book<book::Rebuilding>(bytes);
      break;
    case 2:
      try_memory(
          bytes, [] { return dedup::SourceWindows(4, 64); },
          [](auto& memory) {
            for (std::uint64_t i = 0; i < 200; ++i)
              memory.see(make_origin(static_cast<std::uint32_t>(i % 6), i));
          });
      break;
    case 3:
      try_memory(
          bytes, [] { return dedup::RecentSet(8, 100); },
          [](auto& memory) {
            for (std::uint64_t i = 1; i < 50; ++i) memory.pass_time(i * 20), memory.see(i);
          });
      break;
    default:
      try_memory(
          bytes, [] { return bundle::Bundler(4, 100); },
          [](auto& memory) {
            for (std::uint64_t i = 0; i < 9; ++i) {
              if (memory.is_due(i)) memory.close();
              if (memory.add({.time = i, .quantity = 1}, i)) memory.close();
            }
          });
  }
  return 0;
}

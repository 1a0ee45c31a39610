#include "runtime/durability/log_store.h"

#include <array>
#include <charconv>
#include <cstring>

#include "tickweir/assert.h"
#include "tickweir/event.h"

namespace tickweir {

namespace {

// Room for the error of one call, and the call's Error.
class Failure {
 public:
  Failure() { raw_.text = text_.data(), raw_.text_capacity = text_.size(); }
  tickweir_error* raw() { return &raw_; }
  [[nodiscard]] Error error(const char* doing) const {
    return Error{std::string(doing) + " failed: " + (text_[0] == '\0' ? "no cause given" : text_.data())};
  }

 private:
  std::array<char, 1024> text_{};
  tickweir_error raw_{};
};

Result<LogFacts> facts_of(const tickweir_log_state& state) {
  if (state.first_sequence > state.last_sequence) {
    return Error{"the back end says its first event is " + std::to_string(state.first_sequence) +
                 " and its last " + std::to_string(state.last_sequence)};
  }
  LogFacts facts{.first_sequence = state.first_sequence,
                 .last_sequence = state.last_sequence,
                 .bytes = state.bytes,
                 .id = {},
                 .schema = state.schema == nullptr ? "" : state.schema,
                 .note = state.note == nullptr ? "" : state.note};
  for (const std::uint8_t byte : state.id) {
    constexpr const char* digits = "0123456789abcdef";
    facts.id += digits[byte >> 4];
    facts.id += digits[byte & 15];
  }
  return facts;
}

// The reverse of what facts_of() makes of an id.
void take_id(const std::string& digits, std::uint8_t (&id)[16]) {
  if (digits.empty()) return;
  TICKWEIR_ASSERT(digits.size() == 2 * sizeof id);
  for (std::size_t i = 0; i < sizeof id; ++i) {
    const char* const at = digits.data() + 2 * i;
    const auto parsed = std::from_chars(at, at + 2, id[i], 16);
    TICKWEIR_ASSERT(parsed.ptr == at + 2);
  }
}

}  // namespace

Result<LogFacts> LogStore::open(const std::string& schema, bool is_read_only, const std::string& id) {
  tickweir_log_request request;
  request.is_read_only = is_read_only ? 1 : 0;
  request.schema = schema.c_str();
  take_id(id, request.id);
  tickweir_log_state state;
  Failure failure;
  if (wal_.open(stage_, &request, &state, failure.raw()) != TICKWEIR_OK) return failure.error("open");
  return facts_of(state);
}

Result<LogStore::Stored> LogStore::append(std::span<const tickweir_span> spans, std::uint64_t first_sequence,
                                          std::uint32_t event_count) {
  TICKWEIR_ASSERT(!spans.empty() && event_count != 0);
  if (has_failed_) return Error{"append after a failure"};
  Failure failure;
  const std::int32_t result = wal_.append(stage_, spans.data(), static_cast<std::uint32_t>(spans.size()),
                                          first_sequence, event_count, failure.raw());
  if (result == TICKWEIR_OK) return Stored::yes;
  if (result == TICKWEIR_FULL) return Stored::disk_full;
  has_failed_ = true;
  return failure.error("append");
}

Result<void> LogStore::sync() {
  if (has_failed_) return Error{"sync after a failure"};
  Failure failure;
  if (wal_.sync(stage_, failure.raw()) == TICKWEIR_OK) return {};
  has_failed_ = true;
  return failure.error("sync");
}

Result<bool> LogStore::read(std::uint64_t sequence, tickweir_batch& room) {
  Failure failure;
  const std::int32_t result = wal_.read(stage_, sequence, &room, failure.raw());
  if (result == TICKWEIR_FINISHED) return false;
  if (result != TICKWEIR_OK) return failure.error("read");
  if (auto checked = check_read(sequence, room); !checked) return checked.error();
  return true;
}

Result<void> LogStore::check_read(std::uint64_t sequence, const tickweir_batch& batch) const {
  const auto wrong = [&](const std::string& what) {
    return Error{"read from sequence " + std::to_string(sequence) + " gave " + what};
  };
  const auto event_at = [&](std::uint64_t offset) {
    Event event;
    std::memcpy(&event, batch.data + offset, sizeof event);
    return event;
  };
  std::uint64_t at = 0;
  std::uint32_t count = 0;
  while (at < batch.used_bytes) {
    if (batch.used_bytes - at < sizeof(Event)) return wrong("bytes that are not whole events");
    const std::uint32_t size = event_at(at).size;
    if (size < sizeof(Event) || size % event_alignment != 0 || size > batch.used_bytes - at) {
      return wrong("an event of the nonsense size " + std::to_string(size));
    }
    // As long as the size stays, the next event is looked at before this one has come from memory.
    do {
      if (const std::uint64_t found = event_at(at).sequence; found != sequence + count) {
        return wrong("sequence " + std::to_string(found) + " where " + std::to_string(sequence + count) +
                     " belongs");
      }
      at += size;
      ++count;
    } while (batch.used_bytes - at >= size && event_at(at).size == size);
  }
  if (count == 0 || count != batch.event_count) return wrong("a batch whose count does not fit its events");
  return {};
}

Result<void> LogStore::truncate_before(std::uint64_t sequence) {
  TICKWEIR_ASSERT(!has_failed_);
  Failure failure;
  if (wal_.truncate_before(stage_, sequence, failure.raw()) == TICKWEIR_OK) return {};
  return failure.error("dropping what is not needed any more");
}

Result<LogFacts> LogStore::describe() {
  tickweir_log_state state;
  Failure failure;
  if (wal_.describe(stage_, &state, failure.raw()) != TICKWEIR_OK) return failure.error("describe");
  return facts_of(state);
}

}  // namespace tickweir

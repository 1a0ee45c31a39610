// Any bytes as a file of ITCH messages, with and without length prefixes: no crash, no read outside the
// window, every byte accounted for, and the same events whatever the size of the batches.
#include <algorithm>
#include <array>
#include <cstring>

#include "itch_framing.h"

namespace {

using namespace tickweir::itch;

struct Memory {
  const std::uint8_t* bytes;
  std::size_t size;
  std::size_t read(std::uint8_t* to, std::size_t wanted) {
    const std::size_t given = std::min(wanted, size);
    if (given != 0) std::memcpy(to, bytes, given);
    bytes += given;
    size -= given;
    return given;
  }
};

// Folds all that comes out into one number.
class FoldingSink {
 public:
  explicit FoldingSink(std::uint32_t room) : room_(room), left_(room) {}
  [[nodiscard]] bool is_full() const { return left_ == 0; }
  void next_batch() { left_ = room_; }
  std::uint8_t* open(std::uint16_t type, std::uint32_t bytes, std::uint64_t time, std::uint64_t origin) {
    fold();
    --left_;
    ++events_;
    TICKWEIR_ASSERT(bytes <= payload_.size());
    open_bytes_ = bytes;
    add(type);
    add(time);
    add(origin);
    return payload_.data();
  }
  std::uint64_t sum() {
    fold();
    return sum_ ^ events_;
  }

 private:
  void add(std::uint64_t value) { sum_ = (sum_ ^ value) * 0x9e3779b97f4a7c15U + 1; }
  void fold() {
    for (std::uint32_t i = 0; i < open_bytes_; ++i) add(payload_[i]);
    open_bytes_ = 0;
  }
  alignas(8) std::array<std::uint8_t, 64> payload_{};
  std::uint32_t open_bytes_ = 0;
  std::uint32_t room_;
  std::uint32_t left_;
  std::uint64_t events_ = 0;
  std::uint64_t sum_ = 0;
};

std::uint64_t read_all(const std::uint8_t* data, std::size_t size, bool untyped, std::uint32_t room) {
  Memory memory{data, size};
  Decoder decoder(0, 1);
  Faults faults("input", false, [](const std::string&) {});
  FileReader<Memory> reader(memory, untyped, decoder, faults, 2 + 65'535);
  FoldingSink sink(room);
  while (reader.read(sink) != Progress::finished) sink.next_batch();
  TICKWEIR_ASSERT(faults.count(Count::bytes) == size);
  return sink.sum();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  detect(data, size);
  for (const bool untyped : {false, true}) {
    TICKWEIR_ASSERT(read_all(data, size, untyped, 256) == read_all(data, size, untyped, 1));
  }
  return 0;
}

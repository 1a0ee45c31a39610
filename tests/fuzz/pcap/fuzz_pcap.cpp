// Any bytes as a capture: no crash, no read outside a packet, an end. A file that is refused is fine.
#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "itch_capture.h"

namespace {

using namespace tickweir::itch;

struct Memory {
  const std::uint8_t* bytes;
  std::size_t size;
  std::uint64_t given = 0;
  std::size_t read(std::uint8_t* to, std::size_t wanted) {
    const std::size_t part = std::min<std::size_t>(wanted, size - given);
    if (part != 0) std::memcpy(to, bytes + given, part);
    given += part;
    return part;
  }
  [[nodiscard]] std::uint64_t position() const { return given; }
};

struct DroppingSink {
  [[nodiscard]] static bool is_full() { return false; }
  std::uint8_t* open(std::uint16_t, std::uint32_t bytes, std::uint64_t, std::uint64_t) {
    TICKWEIR_ASSERT(bytes <= payload.size());
    return payload.data();
  }
  alignas(8) std::array<std::uint8_t, 64> payload{};
};

void read_all(const std::uint8_t* data, std::size_t size, PayloadKind kind) {
  try {
    Memory memory{data, size};
    Decoder decoder(0, 1);
    Faults faults("input", false, [](const std::string&) {});
    CaptureReader<Memory> reader(memory, kind, decoder, faults);
    DroppingSink sink;
    while (reader.read(sink) != Progress::finished) {
    }
    TICKWEIR_ASSERT(faults.count(Count::bytes) == memory.given);
  } catch (const std::runtime_error&) {
  }
}

// A bare frame too, in memory of its exact size: libpcap's buffer would hide a read behind it.
void open_exactly(const std::uint8_t* data, std::size_t size) {
  constexpr std::array links{DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW};
  for (const int link : links) {
    const Frame frame = open_frame(link, {data, size});
    if (frame.verdict == FrameVerdict::udp) is_mold(frame.payload);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const PayloadKind kind : {PayloadKind::automatic, PayloadKind::moldudp64, PayloadKind::plain}) {
    read_all(data, size, kind);
  }
  open_exactly(data, size);
  return 0;
}

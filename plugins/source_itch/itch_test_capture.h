// Captures for the tests of source_itch, made byte by byte: pcap and pcapng in either endianness, frames of
// every link layer that is read.
//
// Threading: one thread. Errors: none.
#pragma once

#include <pcap/dlt.h>

#include "itch_test_input.h"

namespace tickweir::itch {

inline Buffer big(std::uint64_t value, std::size_t width) {
  Buffer bytes;
  for (std::size_t i = width; i-- > 0;) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return bytes;
}

// ---- Payloads and frames ----------------------------------------------------------------------------

inline Buffer mold(std::uint64_t sequence, const std::vector<Buffer>& messages,
                   std::string session = "SESSION001") {
  Buffer bytes(session.begin(), session.end());
  bytes = bytes + big(sequence, 8) + big(messages.size(), 2);
  for (const Buffer& message : messages) bytes = bytes + big(message.size(), 2) + message;
  return bytes;
}
// Count 0: a heartbeat; 0xffff: the end of the session.
inline Buffer mold_signal(std::uint64_t sequence, std::uint32_t count) {
  Buffer bytes = mold(sequence, {});
  bytes[18] = static_cast<std::uint8_t>(count >> 8U);
  bytes[19] = static_cast<std::uint8_t>(count);
  return bytes;
}
inline Buffer udp(const Buffer& payload) {
  return big(26477, 2) + big(26477, 2) + big(8 + payload.size(), 2) + big(0, 2) + payload;
}
inline Buffer ipv4(const Buffer& datagram, std::uint32_t fragment = 0x4000, std::uint32_t protocol = 17) {
  return big(0x45, 1) + big(0, 1) + big(20 + datagram.size(), 2) + big(1, 2) + big(fragment, 2) + big(64, 1) +
         big(protocol, 1) + big(0, 2) + big(0x0a000001, 4) + big(0xe0000001, 4) + datagram;
}
inline Buffer ipv6(const Buffer& rest, std::uint32_t next = 17) {
  return big(0x60000000, 4) + big(rest.size(), 2) + big(next, 1) + big(64, 1) + Buffer(32, 1) + rest;
}
inline Buffer ethernet(const Buffer& rest, std::uint32_t type = 0x0800) {
  return Buffer(12, 2) + big(type, 2) + rest;
}
inline Buffer vlan(const Buffer& rest, std::uint32_t type = 0x0800) {
  return big(5, 2) + big(type, 2) + rest;
}
inline Buffer packet(const Buffer& payload) {
  return ethernet(ipv4(udp(payload)));
}

// ---- Files -------------------------------------------------------------------------------------------

struct Packet {
  Buffer bytes;
  std::size_t cut = 0;  // bytes that the capture did not keep
};

class CaptureBytes {
 public:
  explicit CaptureBytes(bool big_endian) : big_endian_(big_endian) {}
  CaptureBytes& put(std::uint64_t value, std::size_t width) {
    Buffer bytes = big(value, width);
    if (!big_endian_) std::reverse(bytes.begin(), bytes.end());
    return put(bytes);
  }
  CaptureBytes& put(const Buffer& more) {
    bytes_ = bytes_ + more;
    return *this;
  }
  [[nodiscard]] const Buffer& bytes() const { return bytes_; }

 private:
  bool big_endian_;
  Buffer bytes_;
};

inline Buffer pcap_file(const std::vector<Packet>& packets, bool big_endian = false, bool nanoseconds = false,
                        std::uint32_t link = 1) {
  CaptureBytes out(big_endian);
  out.put(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 4).put(2, 2).put(4, 2).put(0, 8).put(65535, 4).put(link, 4);
  for (const Packet& packet : packets) {
    const std::size_t kept = packet.bytes.size() - packet.cut;
    out.put(1, 4).put(2, 4).put(kept, 4).put(packet.bytes.size(), 4);
    out.put(Buffer(packet.bytes.begin(), packet.bytes.begin() + static_cast<std::ptrdiff_t>(kept)));
  }
  return out.bytes();
}

inline Buffer pcapng_file(const std::vector<Packet>& packets, bool big_endian = false,
                          std::uint32_t link = 1) {
  CaptureBytes out(big_endian);
  out.put(0x0a0d0d0a, 4).put(28, 4).put(0x1a2b3c4d, 4).put(1, 2).put(0, 2).put(UINT64_MAX, 8).put(28, 4);
  out.put(1, 4).put(20, 4).put(link, 2).put(0, 2).put(65535, 4).put(20, 4);
  for (const Packet& packet : packets) {
    const Buffer padding((4 - packet.bytes.size() % 4) % 4, 0);
    const std::size_t block = 32 + packet.bytes.size() + padding.size();
    out.put(6, 4)
        .put(block, 4)
        .put(0, 4)
        .put(0, 4)
        .put(1, 4)
        .put(packet.bytes.size(), 4)
        .put(packet.bytes.size(), 4);
    out.put(packet.bytes).put(padding).put(block, 4);
  }
  return out.bytes();
}

}  // namespace tickweir::itch

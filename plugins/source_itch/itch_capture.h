// Captures: pcap and pcapng of either endianness, read by libpcap from any source of bytes; ITCH in UDP,
// one plain message a datagram or many in MoldUDP64.
//
// A sequence that comes again (a second line, a retransmission) is counted and decoded again: telling
// repeats from originals is filter_dedup's work, which knows them by their origin.
//
// Threading: one thread.
// Memory:    libpcap's packet buffer (as large as the file's snapshot length, or a pcapng block, 16 MiB at
//            most). read() itself does not allocate.
// Errors:    damage is counted and told of through Faults; std::runtime_error when that is strict, and from
//            the constructor for a file that is no capture or of a link layer that is not understood.
// Places:    "packet N, byte M": the Nth packet of the file, from 1, and the Mth byte of its UDP payload,
// from 0.
#pragma once

#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "itch_datagram.h"
#include "itch_framing.h"
#include "itch_sessions.h"

namespace tickweir::itch {

enum class PayloadKind { automatic, moldudp64, plain };

// Source: Input, or in tests anything with its read() and position().
template <typename Source>
class CaptureReader {
 public:
  CaptureReader(const CaptureReader&) = delete;  // libpcap holds its address
  CaptureReader& operator=(const CaptureReader&) = delete;
  CaptureReader(Source& source, PayloadKind payload_kind, Decoder& decoder, Faults& faults)
      : source_(&source), decoder_(decoder), faults_(faults), kind_(payload_kind) {
    std::FILE* file =
        ::fopencookie(this, "rb", {.read = give, .write = nullptr, .seek = tell, .close = nullptr});
    if (file == nullptr) throw std::runtime_error(faults.input() + ": cannot be read: out of memory");
    std::setvbuf(file, nullptr, _IOFBF, 64U << 10);
    file_ = file;
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    capture_.reset(
        ::pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error.data()));
    if (capture_ == nullptr) {
      std::fclose(file);
      if (failure_ != nullptr) std::rethrow_exception(failure_);
      throw std::runtime_error(faults.input() + ": is not a readable capture: " + error.data());
    }
    link_ = ::pcap_datalink(capture_.get());
    if (!is_known_link(link_)) {
      const char* name = ::pcap_datalink_val_to_name(link_);
      throw std::runtime_error(faults.input() + ": link layer " +
                               (name != nullptr ? name : std::to_string(link_)) +
                               ", expected Ethernet, Linux cooked or raw IP; convert the capture");
    }
    position_ = used();
    faults_.add(Count::bytes, position_);
  }

  // Decodes until the sink is full or `packets_per_read` packets have been read.
  template <typename Sink>
  Progress read(Sink& sink) {
    for (std::uint32_t packets = 0; !sink.is_full();) {
      if (blocks_left_ != 0) {
        read_block(sink);
      } else if (!plain_.empty()) {
        decode(plain_, ++plain_ordinal_, sink);
        plain_ = {};
      } else if (packets++ == packets_per_read) {
        break;
      } else if (!next_packet()) {
        return Progress::finished;
      }
    }
    return Progress::more;
  }

 private:
  static constexpr std::uint32_t packets_per_read = 4096;

  // How many bytes libpcap has used: those it was given less those that wait in the FILE's buffer.
  [[nodiscard]] std::uint64_t used() const { return static_cast<std::uint64_t>(::ftello(file_)); }
  static int tell(void* cookie, ::off64_t* offset, int whence) {
    if (whence != SEEK_CUR || *offset != 0) return -1;
    *offset = static_cast<::off64_t>(static_cast<CaptureReader*>(cookie)->source_->position());
    return 0;
  }
  static ::ssize_t give(void* cookie, char* to, std::size_t size) {
    auto& self = *static_cast<CaptureReader*>(cookie);
    try {
      return static_cast<::ssize_t>(self.source_->read(reinterpret_cast<std::uint8_t*>(to), size));
    } catch (...) {  // must not fly through libpcap: thrown again when it has returned
      self.failure_ = std::current_exception();
      return -1;
    }
  }

  bool next_packet() {
    pcap_pkthdr* facts = nullptr;
    const u_char* data = nullptr;
    const int result = ::pcap_next_ex(capture_.get(), &facts, &data);
    // At the end, what was read ahead is left over too.
    const std::uint64_t read = (result == 1 ? used() : source_->position()) - position_;
    faults_.add(Count::bytes, read);
    if (failure_ != nullptr) std::rethrow_exception(failure_);
    if (result != 1) {
      report_end(result == PCAP_ERROR_BREAK, read);
      return false;
    }
    position_ += read;
    ++packet_;
    faults_.add(Count::packets);
    open_packet({data, facts->caplen});
    return true;
  }

  void report_end(bool is_whole, std::uint64_t bytes_left) {
    const std::string where = "after packet " + std::to_string(packet_);
    if (!is_whole) {
      faults_.report(
          Count::truncated_bytes, bytes_left, where,
          std::string("the capture ends: ") + ::pcap_geterr(capture_.get()) + ", expected a whole packet");
    } else if constexpr (requires { source_->ends_early(); }) {
      if (source_->ends_early()) {
        faults_.report(Count::truncated_bytes, 0, where, "the gzip stream ends early, expected its end mark");
      }
    }
  }

  void open_packet(Bytes bytes) {
    const Frame frame = open_frame(link_, bytes);
    switch (frame.verdict) {
      case FrameVerdict::udp:
        return open_payload(frame.payload);
      case FrameVerdict::ignored:
        return faults_.add(Count::ignored_packets);
      case FrameVerdict::fragment:
        return faults_.add(Count::fragments);
      case FrameVerdict::cut:
        return faults_.report(
            Count::cut_packets, 1, "packet " + std::to_string(packet_),
            std::to_string(bytes.size()) + " bytes were captured, expected the whole packet");
    }
  }

  void open_payload(Bytes payload) {
    payload_ = payload.data();
    if (kind_ == PayloadKind::plain || (kind_ == PayloadKind::automatic && is_plain(payload))) {
      if (!payload.empty()) plain_ = payload;
    } else if (kind_ == PayloadKind::moldudp64 ? payload.size() >= mold_head_bytes : is_mold(payload)) {
      open_mold(payload);
    } else {
      faults_.report(
          Count::unknown_datagrams, 1, "packet " + std::to_string(packet_),
          "a UDP payload of " + std::to_string(payload.size()) + " bytes, expected " +
              (kind_ == PayloadKind::moldudp64 ? "MoldUDP64" : "MoldUDP64 or one ITCH 5.0 message"));
    }
  }

  void open_mold(Bytes payload) {
    const std::uint64_t sequence = mold_sequence(payload);
    const std::uint32_t count = mold_count(payload);
    const auto [session, forgets_another] = sessions_.hear(payload.data(), sequence);
    std::uint64_t& expected = session->expected;
    if (forgets_another) tell_forgotten();
    const bool is_data = count != mold_heartbeat && count != mold_session_end;
    if (count == mold_heartbeat) faults_.add(Count::heartbeats);
    if (count == mold_session_end) faults_.add(Count::session_ends);
    if (sequence > expected) {  // Heartbeats and ends carry the next sequence, and so show a gap too.
      faults_.add(Count::gaps);
      faults_.add(Count::missing_messages, sequence - expected);
      expected = sequence;
    }
    if (!is_data) return;
    const std::uint64_t known = expected - sequence;
    faults_.add(Count::repeated_messages, std::min<std::uint64_t>(known, count));
    if (known < count) expected = sequence + count;
    blocks_ = payload.subspan(mold_head_bytes);
    blocks_left_ = count;
    sequence_ = sequence;
  }

  void tell_forgotten() {
    faults_.mention(
        Count::forgotten_sessions, "packet " + std::to_string(packet_),
        "one more MoldUDP64 session than the " + std::to_string(MoldSessions::most) +
            " whose sequences are followed at once: the one heard of least lately is forgotten, and "
            "if it goes on, what is missing until then is not counted (more are only counted)");
  }

  template <typename Sink>
  void read_block(Sink& sink) {
    const std::size_t length = blocks_.size() < 2 ? 0 : read_u16(blocks_.data());
    if (blocks_.size() < 2 || blocks_.size() - 2 < length) {
      faults_.report(Count::short_messages, blocks_left_, place(blocks_.data()),
                     "the datagram ends with " + std::to_string(blocks_left_) +
                         " messages missing, expected " + "as many as its head says");
      blocks_left_ = 0;
      return;
    }
    --blocks_left_;
    const Bytes message = blocks_.subspan(2, length);
    blocks_ = blocks_.subspan(2 + length);
    decode(message, sequence_++, sink);
  }

  template <typename Sink>
  void decode(Bytes message, std::uint64_t number, Sink& sink) {
    if (message.empty()) {
      faults_.report(Count::short_messages, 1, place(message.data()),
                     "a message of 0 bytes, expected at least its type");
      return;
    }
    const auto length = static_cast<std::uint32_t>(message.size());
    const Outcome outcome = decoder_.decode(message.data(), length, number, sink);
    if (outcome != Outcome::decoded) [[unlikely]] {
      faults_.report_message(outcome, place(message.data()), message[0], length);
    }
  }

  [[nodiscard]] std::string place(const std::uint8_t* at) const {
    return "packet " + std::to_string(packet_) + ", byte " + std::to_string(at - payload_);
  }

  struct Close {
    void operator()(pcap_t* capture) const { ::pcap_close(capture); }  // and the FILE with it
  };

  Source* source_;
  Decoder& decoder_;
  Faults& faults_;
  PayloadKind kind_;
  std::exception_ptr failure_;
  std::unique_ptr<pcap_t, Close> capture_;
  std::FILE* file_ = nullptr;  // capture_'s
  int link_ = 0;
  std::uint64_t position_ = 0;  // of the source, after the last whole packet
  std::uint64_t packet_ = 0;
  const std::uint8_t* payload_ = nullptr;

  Bytes plain_ = {};  // a message that is yet to be decoded
  std::uint64_t plain_ordinal_ = 0;

  MoldSessions sessions_;
  Bytes blocks_ = {};  // of the open datagram, yet to be decoded
  std::uint32_t blocks_left_ = 0;
  std::uint64_t sequence_ = 0;  // of the next block
};

}  // namespace tickweir::itch

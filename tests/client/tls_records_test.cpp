// TLS moves bytes by records: what has come, what has ended and what has been sent is not what the socket
// says.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <future>
#include <string>
#include <vector>

#include "certificates.h"
#include "tickweir/client_tls.h"
#include "tickweir/testing.h"
#include "tickweir/wire.h"

namespace tickweir {
namespace {

using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;
using Session = std::unique_ptr<SSL, void (*)(SSL*)>;

template <Payload T>
std::string bytes_of(const wire::Frame<T>& frame) {
  return {reinterpret_cast<const char*>(&frame), sizeof frame};
}
std::string login_bytes() {
  wire::Frame<wire::Login> login;
  login.payload.client = 7;
  return bytes_of(login);
}
std::string event_bytes() {
  const Event event{.size = 32, .type = 300, .verdict = 0, .flags = 0, .sequence = 0, .time = 0, .origin = 1};
  return {reinterpret_cast<const char*>(&event), sizeof event};
}

class TlsRecords : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { files_ = new Certificates; }
  static void TearDownTestSuite() { delete files_; }

  inline static Certificates* files_ = nullptr;
};

// source_tcp, polled by the test, and peers that say record by record what they are told.
class TlsSource : public TlsRecords {
 protected:
  class Peer {
   public:
    explicit Peer(testing::Harness& stage) : stage_(stage), socket_(connect_to(stage)) {
      SSL_CTX_set_min_proto_version(context_.get(), TLS1_3_VERSION);
      session_.reset(SSL_new(context_.get()));
      SSL_set_fd(ssl(), socket_);
      for (int tries = 0; SSL_connect(ssl()) != 1 && tries < 100'000; ++tries) stage_.poll();
      EXPECT_EQ(SSL_is_init_finished(ssl()), 1);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer() { ::close(socket_); }

    [[nodiscard]] SSL* ssl() const { return session_.get(); }
    void send(const std::string& record) const {
      EXPECT_EQ(SSL_write(ssl(), record.data(), static_cast<int>(record.size())),
                static_cast<int>(record.size()));
    }
    void log_in() const {
      const std::uint64_t before = stage_.counter("logins");
      send(login_bytes());
      while (stage_.counter("logins") == before && stage_.counter("connections") != 0) stage_.poll();
    }
    // What is sent until then arrives at once.
    void hold_back(bool holds) const {
      const int value = holds ? 1 : 0;
      ASSERT_EQ(::setsockopt(socket_, IPPROTO_TCP, TCP_CORK, &value, sizeof value), 0);
    }
    void end_sending() const { ::shutdown(socket_, SHUT_WR); }

   private:
    static int connect_to(const testing::Harness& stage) {
      const std::string& line = stage.logs().front();
      const auto port = static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
      return connect_socket("127.0.0.1", port, 1000);
    }

    testing::Harness& stage_;
    int socket_;
    Context context_{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
    Session session_{nullptr, SSL_free};
  };

  testing::Harness stage_{TICKWEIR_PLUGIN_DIR "/source_tcp.so",
                          {{"listen", "127.0.0.1:0"},
                           {"tls", "on"},
                           {"certificate", files_->certificate("source")},
                           {"key", files_->key("source")}},
                          {.time = 1000}};
};

// Records that change keys and carry nothing: one is taken in a turn, so that no peer can keep us with them.
TEST_F(TlsSource, TakesTurnsAtRecordsWithoutDataToo) {
  const Peer peer(stage_);
  peer.log_in();
  constexpr int updates = 30;
  for (int i = 0; i < updates; ++i) {
    ASSERT_EQ(SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(peer.ssl()), 1);
  }
  peer.send(event_bytes());
  int polls = 0;
  for (; stage_.output().empty() && stage_.counter("connections") == 1; ++polls) stage_.poll_once();
  EXPECT_EQ(stage_.output().size(), 1U);
  EXPECT_GT(polls, updates);
}

// The end of a stream is a record of its own, or there is none.
TEST_F(TlsSource, LetsALoginThatItsClientHasGivenUpReplaceNobody) {
  const std::pair<bool, bool> ways[] = {{true, false}, {true, true}, {false, true}};
  for (const auto& [notifies, ends] : ways) {
    while (stage_.counter("connections") != 0) stage_.poll();
    const std::uint64_t lost = stage_.counter("lost");
    const Peer late(stage_);
    const Peer present(stage_);
    present.log_in();
    const std::uint64_t logins = stage_.counter("logins");
    late.hold_back(true);
    late.send(login_bytes());
    if (notifies) SSL_shutdown(late.ssl());
    if (ends) late.end_sending();
    late.hold_back(false);
    while (stage_.counter("lost") == lost && stage_.counter("logins") == logins) stage_.poll();
    EXPECT_EQ(stage_.counter("logins"), logins) << notifies << ends;
  }
  EXPECT_EQ(stage_.counter("goodbyes", "replaced"), 0U);
}

TEST_F(TlsSource, TakesWhatCameInTheRecordOfALoginThatReplaces) {
  const Peer before(stage_);
  before.log_in();
  const Peer peer(stage_);
  peer.hold_back(true);
  peer.send(login_bytes() + event_bytes());
  peer.end_sending();
  while (stage_.output().empty() && stage_.counter("lost") == 0) stage_.poll();
  EXPECT_EQ(stage_.output().size(), 1U);
  EXPECT_EQ(stage_.counter("goodbyes", "replaced"), 1U);
}

// A server that reads when it is told to, and as little of what was sent as fits in its socket.
class SlowServer {
 public:
  explicit SlowServer(const Certificates& files)
      : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    SSL_CTX_use_PrivateKey_file(context_.get(), files.key("source").c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_certificate_chain_file(context_.get(), files.certificate("source").c_str());
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const int small = 2304;
    ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    ::listen(listener_, 1);
    port_ = ntohs(address.sin_port);
  }
  SlowServer(const SlowServer&) = delete;
  SlowServer& operator=(const SlowServer&) = delete;
  ~SlowServer() {
    ::close(socket_);
    ::close(listener_);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int descriptor() const { return socket_; }
  void accept() {
    socket_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    session_.reset(SSL_new(context_.get()));
    SSL_set_fd(session_.get(), socket_);
    EXPECT_EQ(SSL_accept(session_.get()), 1);
    ::fcntl(socket_, F_SETFL, O_NONBLOCK);
  }
  // All that has come whole, since the beginning.
  const std::string& read() {
    char room[16384];
    for (int got = 0; (got = SSL_read(session_.get(), room, sizeof room)) > 0;)
      received_.append(room, static_cast<std::size_t>(got));
    return received_;
  }

 private:
  Context context_;
  Session session_{nullptr, SSL_free};
  int listener_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::string received_;
};

// No socket here holds a record: each is stopped on its way. What a send() does not report has not arrived,
// or an answer for it would be taken for a lie.
TEST_F(TlsRecords, ArriveOnlyAsFarAsTheyAreReportedSent) {
  SlowServer server(*files_);
  auto accepted = std::async(std::launch::async, [&] { server.accept(); });
  TlsTransport transport("127.0.0.1", server.port(), 20'000, {.ca = files_->certificate("ca")});
  accepted.get();
  const int small = 4608;
  ASSERT_EQ(::setsockopt(transport.descriptor(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);

  std::vector<std::uint8_t> bytes(200'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i / 100);
  std::span<const std::uint8_t> left(bytes);
  int stops = 0;
  while (!left.empty()) {
    const std::int64_t sent = transport.send(left);
    ASSERT_NE(sent, Transport::broken) << transport.why_broken();
    left = left.subspan(static_cast<std::size_t>(sent));
    if (sent != 0) continue;
    ++stops;
    ASSERT_LE(server.read().size(), bytes.size() - left.size()) << "at stop " << stops;
    pollfd ready[] = {{.fd = transport.descriptor(), .events = POLLOUT, .revents = 0},
                      {.fd = server.descriptor(), .events = POLLIN, .revents = 0}};
    ASSERT_GT(::poll(ready, 2, 20'000), 0);
  }
  EXPECT_GT(stops, 10) << "not the case that was meant";
  while (server.read().size() < bytes.size()) {
    pollfd ready{.fd = server.descriptor(), .events = POLLIN, .revents = 0};
    ASSERT_GT(::poll(&ready, 1, 20'000), 0);
  }
  EXPECT_TRUE(server.read() == std::string(bytes.begin(), bytes.end()));
}

}  // namespace
}  // namespace tickweir

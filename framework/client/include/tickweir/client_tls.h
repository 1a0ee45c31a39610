// TLS for tickweir/client.h. Needs OpenSSL: link OpenSSL::SSL.
//
//   const TlsFiles files{.ca = "ca.pem"};
//   settings.transport = [files](const ClientSettings& to) {
//     return std::make_unique<TlsTransport>(to.host, to.port, to.timeout_ms, files);
//   };
//
// Threading: one thread at a time. The process should ignore SIGPIPE: OpenSSL writes with write().
// Errors:    connecting throws ClientError with the cause: the file's, or OpenSSL's.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "tickweir/client_transport.h"

namespace tickweir {

struct TlsFiles {
  std::string ca;           // PEM: who vouches for the source
  std::string certificate;  // PEM of the client's own, and its key; empty: none
  std::string key;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(const std::string& host, std::uint16_t port, int timeout_ms, const TlsFiles& files)
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
        socket_(connect_socket(host, port, timeout_ms)) {
    try {
      std::signal(SIGPIPE, SIG_IGN);
      set_up(files);
      shake_hands(host, timeout_ms);
    } catch (...) {
      ::close(socket_);
      throw;
    }
  }
  ~TlsTransport() override {
    session_.reset();
    ::close(socket_);
  }

  std::int64_t send(std::span<const std::uint8_t> bytes) override {
    ERR_clear_error();
    // One record: given more, OpenSSL may finish one, be stopped in the next, and report neither.
    constexpr std::size_t record = SSL3_RT_MAX_PLAIN_LENGTH;
    const std::size_t count = stopped_ != 0 ? stopped_ : std::min(bytes.size(), record);
    const std::int64_t sent = moved(SSL_write(session_.get(), bytes.data(), static_cast<int>(count)));
    stopped_ = sent == 0 ? count : 0;
    return sent;
  }
  std::int64_t receive(std::span<std::uint8_t> room) override {
    ERR_clear_error();
    return moved(SSL_read(session_.get(), room.data(), int_size(room.size())));
  }
  [[nodiscard]] int descriptor() const override { return socket_; }
  [[nodiscard]] bool has_more() const override { return SSL_pending(session_.get()) > 0; }
  [[nodiscard]] std::string why_broken() const override { return why_broken_; }

 private:
  static int int_size(std::size_t bytes) { return static_cast<int>(std::min<std::size_t>(bytes, INT_MAX)); }
  // What OpenSSL says, or else `otherwise`.
  static std::string text_of(unsigned long error, const char* otherwise = "no cause given") {
    const char* const reason = ERR_reason_error_string(error);
    return reason != nullptr ? reason : otherwise;
  }
  static void require(bool good, const std::string& what) {
    if (!good) throw ClientError(what + ": " + text_of(ERR_peek_last_error()));
  }
  // Why a file cannot be opened OpenSSL does not say; of what it says of one that it cannot use, the first is
  // the cause.
  template <typename Use>
  static void use_file(const std::string& path, Use&& use) {
    if (::access(path.c_str(), R_OK) != 0) {
      throw ClientError("cannot read " + path + ": " + std::strerror(errno));
    }
    ERR_clear_error();
    if (use(path.c_str()) != 1) throw ClientError("cannot use " + path + ": " + text_of(ERR_peek_error()));
  }
  void set_up(const TlsFiles& files) {
    SSL_CTX* const context = context_.get();
    require(context != nullptr, "cannot set TLS up");
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    use_file(files.ca, [&](const char* path) {
      return SSL_CTX_load_verify_locations(context, path, nullptr);
    });
    if (files.certificate.empty()) return;
    use_file(files.certificate, [&](const char* path) {
      return SSL_CTX_use_certificate_chain_file(context, path);
    });
    use_file(files.key, [&](const char* path) {
      return SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM);
    });
  }
  void shake_hands(const std::string& host, int timeout_ms) {
    session_.reset(SSL_new(context_.get()));
    require(session_ != nullptr && SSL_set_fd(session_.get(), socket_) == 1, "cannot set TLS up");
    X509_VERIFY_PARAM* const expected = SSL_get0_param(session_.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) != 1) {
      require(X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size()) == 1, "cannot expect " + host);
      SSL_ctrl(session_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(host.c_str()));
    }
    ERR_clear_error();
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    int result = 0;
    while ((result = SSL_connect(session_.get())) != 1) {
      const int error = SSL_get_error(session_.get(), result);
      const bool goes_on = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
      const short events = error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
      require(goes_on && wait_for(socket_, events, end), "no TLS with " + host);
    }
  }
  std::int64_t moved(int result) {
    if (result > 0) return result;
    const int error = SSL_get_error(session_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return 0;
    why_broken_ = text_of(ERR_peek_last_error(), "");
    return broken;
  }

  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> session_{nullptr, SSL_free};
  int socket_;
  std::size_t stopped_ = 0;  // bytes of the record that is on its way; 0: none is
  std::string why_broken_;
};

}  // namespace tickweir

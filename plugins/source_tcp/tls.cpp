// See tls.h.
#include "tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <stdexcept>

namespace tickweir::tcp {
namespace {

SSL* ssl_of(void* session) {
  return static_cast<SSL*>(session);
}

int int_size(std::size_t bytes) {
  return static_cast<int>(std::min<std::size_t>(bytes, INT_MAX));
}

// OpenSSL's own socket layer writes with write(), which raises SIGPIPE when the peer is gone. This one does
// not.
int bio_write(BIO* bio, const char* data, int length) {
  BIO_clear_retry_flags(bio);
  const auto count = static_cast<std::size_t>(length);
  const Transfer sent = tcp::send(static_cast<int>(BIO_get_fd(bio, nullptr)),
                                  {reinterpret_cast<const std::uint8_t*>(data), count});
  if (sent.outcome == Moved::moved) return static_cast<int>(sent.bytes);
  if (sent.outcome == Moved::blocked) BIO_set_retry_write(bio);
  return -1;
}
int bio_read(BIO* bio, char* room, int length) {
  BIO_clear_retry_flags(bio);
  const auto count = static_cast<std::size_t>(length);
  const Transfer got = tcp::receive(static_cast<int>(BIO_get_fd(bio, nullptr)),
                                    {reinterpret_cast<std::uint8_t*>(room), count});
  if (got.outcome == Moved::moved) return static_cast<int>(got.bytes);
  if (got.outcome == Moved::blocked) BIO_set_retry_read(bio);
  if (got.outcome == Moved::ended) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return got.outcome == Moved::ended ? 0 : -1;
}

const BIO_METHOD* quiet_socket() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR,
                                    "socket without SIGPIPE");
    const BIO_METHOD* const plain = BIO_s_socket();
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, BIO_meth_get_ctrl(plain));
    BIO_meth_set_create(made, BIO_meth_get_create(plain));
    BIO_meth_set_destroy(made, BIO_meth_get_destroy(plain));
    return made;
  }();
  return method;
}

Transfer transfer_of(SSL* ssl, int result) {
  if (result > 0) return {Moved::moved, static_cast<std::size_t>(result)};
  switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {Moved::blocked};
    case SSL_ERROR_ZERO_RETURN:
      return {Moved::ended};
    default:
      return {Moved::failed};
  }
}

}  // namespace

namespace {

// A file that was replaced or written differs in one of these.
struct Stamp {
  ino_t inode = 0;
  off_t size = 0;
  time_t changed_s = 0;
  long changed_ns = 0;

  bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const std::string& path) {
  struct stat facts {};
  if (path.empty() || ::stat(path.c_str(), &facts) != 0) return {};
  return {facts.st_ino, facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec};
}

using Stamps = std::array<Stamp, 3>;

Stamps stamps_of(const Settings& settings) {
  return {stamp_of(settings.certificate), stamp_of(settings.key), stamp_of(settings.client_ca)};
}

void require(bool good, const std::string& what) {
  if (!good) throw std::runtime_error(what + ": " + TlsServer::failure());
}

void require_readable(const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0)
    throw std::runtime_error("cannot read " + path + ": " + std::strerror(errno));
}

void set_up(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);  // TLS 1.3's. Nobody resumes: each connection proves who it is
}

void load_files(SSL_CTX* context, const Settings& settings) {
  for (const std::string& path : {settings.certificate, settings.key}) require_readable(path);
  // The key first: loaded last, one of another certificate would count as unreadable.
  require(SSL_CTX_use_PrivateKey_file(context, settings.key.c_str(), SSL_FILETYPE_PEM) == 1,
          settings.key + " is no PEM private key");
  require(SSL_CTX_use_certificate_chain_file(context, settings.certificate.c_str()) == 1,
          settings.certificate + " is no PEM certificate");
  if (SSL_CTX_check_private_key(context) != 1) {  // for which OpenSSL has no better words
    ERR_clear_error();
    throw std::runtime_error(settings.key + " does not belong to " + settings.certificate);
  }
  if (settings.tls != TlsMode::mutual) return;
  require_readable(settings.client_ca);
  require(SSL_CTX_load_verify_locations(context, settings.client_ca.c_str(), nullptr) == 1,
          settings.client_ca + " holds no PEM certificates");
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(settings.client_ca.c_str());
  require(names != nullptr, settings.client_ca + " holds no names");
  SSL_CTX_set_client_CA_list(context, names);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

Context make_context(const Settings& settings) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_server_method()));
  require(context != nullptr, "cannot set TLS up");
  set_up(context.get());
  load_files(context.get(), settings);
  return context;
}

}  // namespace

struct TlsServer::State {
  Stamps stamps;    // looked at before the files are read, so that a change meanwhile is seen later
  Context context;  // a session holds its own for as long as it lives
};

TlsServer::TlsServer(const Settings& settings)
    : settings_(settings), state_(new State{stamps_of(settings), make_context(settings)}) {}

bool TlsServer::renew() {
  const Stamps stamps = stamps_of(settings_);
  if (stamps == state_->stamps) return false;
  state_->stamps = stamps;
  state_->context = make_context(settings_);
  return true;
}

TlsServer::~TlsServer() = default;

void* TlsServer::open(int socket) const {
  SSL* const ssl = SSL_new(state_->context.get());
  BIO* const bio = BIO_new(quiet_socket());
  if (ssl == nullptr || bio == nullptr) {
    SSL_free(ssl);
    BIO_free(bio);
    return nullptr;
  }
  BIO_set_fd(bio, socket, BIO_NOCLOSE);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_accept_state(ssl);
  return ssl;
}

void TlsServer::close(void* session) {
  SSL_free(ssl_of(session));
}

Moved TlsServer::shake_hands(void* session, bool& wants_write) {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_of(session));
  if (result == 1) return Moved::moved;
  const int error = SSL_get_error(ssl_of(session), result);
  wants_write = error == SSL_ERROR_WANT_WRITE;
  return wants_write || error == SSL_ERROR_WANT_READ ? Moved::blocked : Moved::failed;
}

Transfer TlsServer::receive(void* session, std::span<std::uint8_t> room, bool& wants_write) {
  ERR_clear_error();
  const int result = SSL_read(ssl_of(session), room.data(), int_size(room.size()));
  wants_write = result <= 0 && SSL_get_error(ssl_of(session), result) == SSL_ERROR_WANT_WRITE;
  return transfer_of(ssl_of(session), result);
}

Transfer TlsServer::send(void* session, std::span<const std::uint8_t> bytes) {
  ERR_clear_error();
  return transfer_of(ssl_of(session), SSL_write(ssl_of(session), bytes.data(), int_size(bytes.size())));
}

bool TlsServer::has_ended(void* session) {
  ERR_clear_error();
  std::uint8_t byte = 0;
  const Moved outcome = transfer_of(ssl_of(session), SSL_peek(ssl_of(session), &byte, 1)).outcome;
  return outcome == Moved::ended || outcome == Moved::failed;
}

void TlsServer::shut(void* session) {
  ERR_clear_error();
  static_cast<void>(SSL_shutdown(ssl_of(session)));
  ERR_clear_error();
}

std::uint32_t TlsServer::certified_id(void* session) {
  X509* const certificate = SSL_get1_peer_certificate(ssl_of(session));
  if (certificate == nullptr) return 0;
  char name[64] = "";
  const int length =
      X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  X509_free(certificate);
  std::uint32_t id = 0;
  if (length <= 0) return 0;
  const char* const end = name + length;
  const auto parsed = std::from_chars(name, end, id);
  return parsed.ec == std::errc() && parsed.ptr == end ? id : 0;
}

std::string TlsServer::failure() {
  const unsigned long code = ERR_peek_last_error();
  char text[256] = "";
  if (code == 0) return "no cause given";
  ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

}  // namespace tickweir::tcp

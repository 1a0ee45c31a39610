// The admin server over Boost.Beast; the only file that knows it.
//
// Everything runs on one thread, so nothing here is locked: acceptor, sessions, and the making of pages.

// One thread runs everything here, so handlers need no fences between them; and gcc's ThreadSanitizer, which
// does not understand fences, warns of each.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK

#include "runtime/admin/admin_server.h"

#include <algorithm>
#include <array>
#include <list>
#include <optional>
#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "runtime/admin/host_name.h"

namespace tickweir {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

struct Settings {
  PageFunction pages;
  AdminLimits limits;
  bool loopback_only = true;
};

Page plain(http::status status, std::string text) {
  return {.status = static_cast<std::uint32_t>(status), .body = std::move(text) + "\n"};
}

// One client's connection: reads a request, writes the answer, again.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const Settings& settings) : stream_(std::move(socket)), settings_(settings) {}

  void start() { read(); }
  void close() {
    error_code ignored;
    stream_.socket().close(ignored);
  }
  [[nodiscard]] bool is_open() const { return stream_.socket().is_open(); }
  // When it last began to wait for a request.
  [[nodiscard]] std::chrono::steady_clock::time_point waiting_since() const { return waiting_since_; }

 private:
  void read() {
    waiting_since_ = std::chrono::steady_clock::now();
    parser_.emplace();
    parser_->header_limit(settings_.limits.header_bytes);
    parser_->body_limit(0);
    // One deadline for the whole request: sending a byte now and then does not move it.
    stream_.expires_after(settings_.limits.timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
  }

  void on_read(error_code error) {
    if (!error)
      return write(answer(parser_->get()), parser_->get().method() == http::verb::head,
                   parser_->get().keep_alive(), parser_->get().version());
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return write(plain(http::status::request_header_fields_too_large, "the header is too large"), false,
                   false, 11);
    }
    if (error == http::error::body_limit || error == http::error::unexpected_body) {
      return write(plain(http::status::payload_too_large, "requests have no body here"), false, false, 11);
    }
    // Whatever else the parser says is about its input; what the socket says is not worth an answer.
    if (error.category() == make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
      return write(plain(http::status::bad_request, "not a request that I understand: " + error.message()),
                   false, false, 11);
    }
    close();
  }

  Page answer(const http::request<http::empty_body>& request) {
    const auto host = request.find(http::field::host);
    if (host == request.end() && request.version() >= 11) {
      return plain(http::status::bad_request, "a request needs a Host header");
    }
    if (host != request.end() && settings_.loopback_only && !names_loopback(view_of(host->value()))) {
      return plain(http::status::forbidden, "this server answers for this machine's loopback only");
    }
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
      return plain(http::status::method_not_allowed, "only GET and HEAD are answered");
    }
    const std::string_view target = view_of(request.target());
    if (!target.starts_with('/')) return plain(http::status::bad_request, "the path must begin with /");
    const auto question = target.find('?');
    const auto query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
    try {
      return settings_.pages(target.substr(0, question), query);
    } catch (const std::exception& failure) {
      return plain(http::status::internal_server_error,
                   std::string("cannot make this page: ") + failure.what());
    }
  }

  void write(Page page, bool is_head, bool keep_alive, unsigned version) {
    response_.emplace(static_cast<http::status>(page.status), version);
    response_->set(http::field::content_type, page.content_type);
    response_->set("X-Content-Type-Options", "nosniff");
    response_->set(http::field::cache_control, "no-store");
    if (page.status == static_cast<std::uint32_t>(http::status::method_not_allowed)) {
      response_->set(http::field::allow, "GET, HEAD");
    }
    response_->keep_alive(keep_alive);
    response_->content_length(page.body.size());
    if (!is_head) response_->body() = std::move(page.body);
    stream_.expires_after(settings_.limits.timeout);
    http::async_write(stream_, *response_,
                      [self = shared_from_this(), keep_alive](error_code error, std::size_t) {
                        if (error || !keep_alive) return self->finish();
                        self->read();
                      });
  }

  // Closing with input unread would reset the connection, and the client might lose the answer: so says
  // that no more comes, and reads away what the client still sends, for a while and up to a limit.
  void finish() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(std::min<std::chrono::milliseconds>(settings_.limits.timeout, linger_time));
    discard(linger_reads);
  }
  void discard(int reads_left) {
    if (reads_left == 0) return close();
    stream_.async_read_some(asio::buffer(discarded_),
                            [self = shared_from_this(), reads_left](error_code error, std::size_t) {
                              if (error) return self->close();
                              self->discard(reads_left - 1);
                            });
  }

  static std::string_view view_of(beast::string_view text) { return {text.data(), text.size()}; }

  static constexpr std::chrono::milliseconds linger_time{1000};
  static constexpr int linger_reads = 64;

  beast::tcp_stream stream_;
  const Settings& settings_;
  beast::flat_buffer buffer_{32 * 1024};
  std::optional<http::request_parser<http::empty_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  std::array<char, 4096> discarded_{};
  std::chrono::steady_clock::time_point waiting_since_;
};

}  // namespace

struct AdminServer::Impl {
  explicit Impl(Settings given) : settings(std::move(given)) {}

  void accept() {
    acceptor.async_accept([this](error_code error, tcp::socket socket) {
      is_accepting = false;
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();  // out of descriptors: some will be free again
      make_room();
      auto session = std::make_shared<Session>(std::move(socket), settings);
      sessions.push_back(session);
      session->start();
      accept();
    });
    is_accepting = true;
  }

  void accept_later() {
    pause.expires_after(std::chrono::milliseconds(100));
    pause.async_wait([this](error_code error) {
      is_accepting = false;
      if (!error) accept();
    });
    is_accepting = true;
  }

  void make_room() {
    std::erase_if(sessions, [](const auto& weak) {
      const auto session = weak.lock();
      return session == nullptr || !session->is_open();
    });
    if (sessions.size() < settings.limits.connections) return;
    auto oldest = sessions.begin();
    for (auto it = sessions.begin(); it != sessions.end(); ++it) {
      if (it->lock()->waiting_since() < oldest->lock()->waiting_since()) oldest = it;
    }
    oldest->lock()->close();
    sessions.erase(oldest);
  }

  void run() {
    ::pthread_setname_np(::pthread_self(), "admin");
    while (!io.stopped()) {
      try {
        if (!is_accepting) accept();
        io.run();
      } catch (const std::exception&) {  // there was no memory: that costs a request, not the server
        std::this_thread::yield();
      }
    }
  }

  Settings settings;
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer pause{io};
  bool is_accepting = false;  // or will be, after a pause
  std::list<std::weak_ptr<Session>> sessions;
  std::string address;
  std::uint16_t port = 0;
  std::thread thread;
};

namespace {

// "localhost" is not looked up: it means 127.0.0.1 here.
Result<tcp::endpoint> parse_endpoint(const std::string& text) {
  auto parsed = parse_host_port(text);
  if (!parsed) return std::move(parsed.error());
  error_code error;
  const auto host = asio::ip::make_address(parsed->host == "localhost" ? "127.0.0.1" : parsed->host, error);
  if (error) return Error{"\"" + parsed->host + "\" is not an IP address; names are not looked up"};
  return tcp::endpoint(host, parsed->port);
}

Result<void> open(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  std::string message = error.message();
  if (!message.empty() && message[0] >= 'A' && message[0] <= 'Z')
    message[0] = static_cast<char>(message[0] + 32);
  return Error{message + "; set metrics.listen or --set metrics.listen=127.0.0.1:0"};
}

}  // namespace

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<AdminServer>> AdminServer::listen(const std::string& address, PageFunction pages,
                                                         AdminLimits limits) {
  auto endpoint = parse_endpoint(address);
  if (!endpoint) return std::move(endpoint.error());
  auto impl = std::make_unique<Impl>(Settings{
      .pages = std::move(pages), .limits = limits, .loopback_only = endpoint->address().is_loopback()});
  if (auto opened = open(impl->acceptor, *endpoint); !opened)
    return std::move(opened.error()).within(address);
  error_code error;
  impl->port = impl->acceptor.local_endpoint(error).port();
  impl->address = address.substr(0, address.rfind(':') + 1) + std::to_string(impl->port);
  std::unique_ptr<AdminServer> server(new AdminServer(std::move(impl)));
  Impl* const raw = server->impl_.get();
  raw->thread = std::thread([raw] { raw->run(); });
  return server;
}

AdminServer::~AdminServer() {
  impl_->io.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

std::string AdminServer::address() const {
  return impl_->address;
}
std::uint16_t AdminServer::port() const {
  return impl_->port;
}

}  // namespace tickweir

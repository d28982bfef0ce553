#include "transport/http_connection.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <boost/asio/write.hpp>

#include "base/log.hpp"
#include "transport/error_response.hpp"

namespace checkout::transport {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr int kIdleFactor = 6;
constexpr Milliseconds kDrainDeadline{2'000};
constexpr std::size_t kMaxDrained = 1024 * 1024;

std::string chunkSize(std::size_t size) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, size, 16).ptr;
  return std::string(digits, end).append("\r\n");
}

}  // namespace

Connection::Connection(Socket socket, std::string peer, ServerCore& core)
    : core_(core), socket_(std::move(socket)), peer_(std::move(peer)) {}

void Connection::start() {
  setDeadline(core_.options.headerDeadline * kIdleFactor);
  waitReadable();
}

void Connection::waitReadable() {
  if (peerClosed_) {
    if (state_ == State::Answering) return probe();
    if (state_ != State::Refusing) close();
    return;
  }
  if (std::exchange(waiting_, true)) return;
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& failure) {
    self->waiting_ = false;
    if (self->state_ == State::Closed) return;
    failure ? self->close() : self->onReadable();
  });
}

void Connection::onReadable() {
  // While a request is being answered, no more is taken in than the next head may have.
  const std::size_t room =
      state_ == State::Answering ? core_.options.maxHeaderBytes - received_.size() : core_.scratch.size();
  error_code failure;
  const std::size_t bytes = socket_.read_some(net::buffer(core_.scratch, room), failure);
  if (failure == net::error::would_block || failure == net::error::interrupted) return waitReadable();
  if (failure == net::error::eof) return onPeerClosed();
  if (failure) return close();
  if (state_ == State::Draining) {
    drained_ += bytes;
    return drained_ > kMaxDrained ? close() : waitReadable();
  }
  if (state_ != State::Refusing) received_.append(core_.scratch.data(), bytes);
  advance();
}

void Connection::onPeerClosed() {
  peerClosed_ = true;
  waitReadable();
}

// The client sends no more, and TCP does not tell whether it still reads: only a client that has closed
// altogether answers what is sent with a reset. So something is sent that means nothing: a comment in a
// stream of events, or, if the answer takes long, an interim response (RFC 9110 section 15.2).
void Connection::probe() {
  if (std::exchange(waiting_, true)) return;
  socket_.async_wait(Socket::wait_error, [self = shared_from_this()](const error_code&) {
    self->waiting_ = false;
    self->close();
  });
  if (answerBegun_) return exchange_->probe();
  if (!writing_ && !framing_.http10) setDeadline(core_.options.probeDelay);
}

// The socket's buffer is empty whenever this is called, since the answer before has been written: it can't
// block.
bool Connection::sendContinue() {
  error_code failure;
  net::write(socket_, net::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), failure);
  if (failure) close();
  return !failure;
}

void Connection::advance() {
  switch (state_) {
    case State::Head:
      return receiveHead();
    case State::Body:
      return receiveBody();
    case State::Answering:
      if (received_.size() < core_.options.maxHeaderBytes) waitReadable();
      return;
    case State::Refusing:
    case State::Draining:
      return waitReadable();
    case State::Closed:
      return;
  }
}

void Connection::receiveHead() {
  if (received_.empty()) {
    received_ = {};
    headBegun_ = false;
    setDeadline(core_.options.headerDeadline * kIdleFactor);
    return waitReadable();
  }
  if (!std::exchange(headBegun_, true)) {
    headOnly_ = false;
    framing_ = {};
    setDeadline(core_.options.headerDeadline);
  }
  const auto verdict = scanner_.scan(std::string_view(received_).substr(0, core_.options.maxHeaderBytes));
  if (verdict == HeadScanner::Verdict::Malformed)
    return refuse(400, "BAD_REQUEST",
                  "the header has a control character, a bare line break or a folded line");
  if (verdict == HeadScanner::Verdict::Complete) return parseHead();
  if (received_.size() >= core_.options.maxHeaderBytes)
    return refuse(431, "HEADER_TOO_LARGE",
                  "the header may have at most " + std::to_string(core_.options.maxHeaderBytes) + " bytes");
  waitReadable();
}

void Connection::parseHead() {
  // Others may take a line break in a quoted extension for the chunk header's end, and what follows for
  // something else than we do.
  static auto checkExtensions = [](std::uint64_t, boost::beast::string_view extensions, error_code& failure) {
    const auto isControl = [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; };
    if (std::any_of(extensions.begin(), extensions.end(), isControl))
      failure = http::error::bad_chunk_extension;
  };
  parser_.emplace();
  parser_->on_chunk_header(checkExtensions);
  parser_->eager(true);
  parser_->header_limit(static_cast<std::uint32_t>(core_.options.maxHeaderBytes));
  parser_->body_limit(core_.options.maxBodyBytes);
  error_code failure;
  parser_->put(net::buffer(received_.data() + scanner_.begin(), scanner_.end() - scanner_.begin()), failure);
  received_.erase(0, scanner_.end());
  scanner_.reset();
  headBegun_ = false;
  if (failure && failure != http::error::need_more) return refuse(failure);
  if (!acceptHead()) return;
  if (parser_->is_done()) return dispatch();
  state_ = State::Body;
  setDeadline(core_.options.bodyDeadline);
  receiveBody();
}

// Copies the head out of the parser, which would add a chunked body's trailers to it. False if it refused.
bool Connection::acceptHead() {
  const auto& head = parser_->get();
  request_ = {};
  request_.method = std::string(head.method_string());
  request_.target = std::string(head.target());
  request_.peer = peer_;
  for (const auto& field : head)
    request_.headers.add(std::string(field.name_string()), std::string(field.value()));

  framing_ = {Framing::Body::Whole, head.version() < 11, parser_->keep_alive() && !core_.stopping};
  headOnly_ = request_.method == "HEAD";
  if (const auto fault = faultOf({request_.method, request_.target, framing_.http10}, request_.headers)) {
    refuse(400, "BAD_REQUEST", *fault);
    return false;
  }
  const auto expectation = request_.headers.get("Expect");
  if (!expectation || framing_.http10) return true;
  if (!boost::beast::iequals(*expectation, "100-continue")) {
    refuse(417, "EXPECTATION_FAILED", "the only expectation understood is 100-continue");
    return false;
  }
  if (parser_->is_done()) return true;
  return sendContinue();
}

void Connection::receiveBody() {
  std::size_t used = 0;
  while (used < received_.size() && !parser_->is_done()) {
    error_code failure;
    const std::size_t bytes =
        parser_->put(net::buffer(received_.data() + used, received_.size() - used), failure);
    used += bytes;
    if (failure == http::error::need_more) {
      if (received_.size() - used > core_.options.maxHeaderBytes)
        return refuse(400, "BAD_REQUEST", "a chunk's header or the trailer is too long");
      break;
    }
    if (failure) return refuse(failure);
  }
  received_.erase(0, used);
  parser_->is_done() ? dispatch() : waitReadable();
}

void Connection::dispatch() {
  request_.body = std::move(parser_->get().body());
  parser_.reset();
  state_ = State::Answering;
  answerBegun_ = false;
  noDeadline();
  core_.inFlight.add(1);
  WorkerPool& pool = core_.options.isUrgent(request_) ? core_.urgentPool : core_.pool;
  exchange_ = std::make_shared<Exchange>(std::move(request_), [loop = core_.loop, self = weak_from_this()] {
    loop->post([self] {
      if (const auto alive = self.lock()) alive->pump();
    });
  });
  if (!pool.trySubmit([exchange = exchange_, &handler = core_.handler] { exchange->run(handler); }))
    exchange_->respond(overloadResponse("too many requests are waiting; try again"));
  advance();
}

void Connection::pump() {
  if (state_ != State::Answering) return;
  if (exchange_->broken()) return cut();
  if (writing_) return;
  auto output = exchange_->take();
  if (!output) return;
  lastWrite_ = output->last;
  streamedBytes_ = output->chunk.size();

  std::string head, body, tail;
  if (output->head) {
    answerBegun_ = true;
    HttpResponse& response = *output->head;
    framing_ = framingOf(*output);
    head = responseHead(response, framing_, std::time(nullptr));
    const bool bodiless = headOnly_ || !statusHasBody(response.status);
    if (!bodiless) body = std::move(response.body);
    resetAfterWrite_ = response.resetAfterBytes.has_value() && !output->streamed;
    if (resetAfterWrite_) body.resize(std::min(body.size(), *response.resetAfterBytes));
    if (resetAfterWrite_ && *response.resetAfterBytes == 0) head.clear();
    cutShort_ = bodiless && output->streamed && !output->last;
    lastWrite_ = lastWrite_ || cutShort_;
    if (bodiless) framing_.body = Framing::Body::Whole;  // whatever the stream writes stays here
  }
  const bool chunked = framing_.body == Framing::Body::Chunked;
  if (!output->chunk.empty() && framing_.body != Framing::Body::Whole) {
    if (chunked) head += chunkSize(output->chunk.size());
    body = std::move(output->chunk);
    if (chunked) tail = "\r\n";
  }
  if (chunked && output->last) tail += "0\r\n\r\n";
  send(std::move(head), std::move(body), std::move(tail));
}

Framing Connection::framingOf(const Exchange::Output& output) const {
  Framing framing = framing_;
  framing.keepAlive = framing.keepAlive && !core_.stopping;
  framing.body = Framing::Body::Whole;
  if (output.streamed) {
    framing.body = framing.http10 ? Framing::Body::UntilClose : Framing::Body::Chunked;
    framing.keepAlive = framing.keepAlive && !framing.http10;
  }
  return framing;
}

void Connection::send(std::string head, std::string body, std::string tail) {
  out_[0] = std::move(head);
  out_[1] = std::move(body);
  out_[2] = std::move(tail);
  writing_ = true;
  setDeadline(core_.options.writeDeadline);
  const std::array<net::const_buffer, 3> buffers = {net::buffer(out_[0]), net::buffer(out_[1]),
                                                    net::buffer(out_[2])};
  net::async_write(socket_, buffers, [self = shared_from_this()](const error_code& failure, std::size_t) {
    self->writing_ = false;
    if (self->state_ == State::Closed) return;
    failure ? self->close() : self->onWritten();
  });
}

void Connection::onWritten() {
  for (auto& part : out_) part = {};
  noDeadline();
  if (state_ == State::Refusing) return drain();
  exchange_->sent(std::exchange(streamedBytes_, 0));
  if (!lastWrite_) return pump();
  if (resetAfterWrite_) return cut();
  answered();
}

void Connection::answered() {
  if (std::exchange(cutShort_, false)) exchange_->lost();  // its handler need not go on
  exchange_->completed();
  exchange_.reset();
  core_.inFlight.add(-1);
  if (!framing_.keepAlive || core_.stopping) return received_.empty() ? close() : drain();
  state_ = State::Head;
  advance();
}

void Connection::refuse(const error_code& parseError) {
  if (parseError == http::error::body_limit)
    return refuse(413, "BODY_TOO_LARGE",
                  "the body may have at most " + std::to_string(core_.options.maxBodyBytes) + " bytes");
  if (parseError == http::error::header_limit)
    return refuse(431, "HEADER_TOO_LARGE", "the header is too large");
  if (parseError == http::error::bad_version)
    return refuse(505, "HTTP_VERSION_NOT_SUPPORTED", "this server speaks HTTP/1.1");
  refuse(400, "BAD_REQUEST", "this is not HTTP/1.1: " + parseError.message());
}

void Connection::refuse(int status, std::string_view code, std::string_view message) {
  core_.metrics
      .counter("checkout_http_refused_total", "Requests refused before they reached a route.",
               {{"status", std::to_string(status)}})
      .add();
  state_ = State::Refusing;
  received_ = {};
  parser_.reset();
  HttpResponse response = errorResponse(status, code, message);
  framing_.keepAlive = false;
  framing_.body = Framing::Body::Whole;
  std::string head = responseHead(response, framing_, std::time(nullptr));
  send(std::move(head), headOnly_ ? std::string() : std::move(response.body), {});
}

// Closing while the client still sends would reset the connection, and the client might never see the answer.
void Connection::drain() {
  state_ = State::Draining;
  received_ = {};
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  if (core_.stopping) return close();
  setDeadline(kDrainDeadline);
  waitReadable();
}

void Connection::expire() {
  switch (state_) {
    case State::Head:
      if (!headBegun_) return close();
      return refuse(408, "REQUEST_TIMEOUT", "the header took too long");
    case State::Body:
      return refuse(408, "REQUEST_TIMEOUT", "the body took too long");
    case State::Answering:
      if (writing_) return cut();
      noDeadline();
      sendContinue();
      return;
    case State::Refusing:
      return cut();
    case State::Draining:
      return close();
    case State::Closed:
      return;
  }
}

void Connection::stopping() {
  if (state_ == State::Head || state_ == State::Draining) close();
}

void Connection::cut() {
  error_code ignored;
  socket_.set_option(net::socket_base::linger(true, 0), ignored);
  close();
}

void Connection::close() {
  if (std::exchange(state_, State::Closed) == State::Closed) return;
  const auto self = shared_from_this();
  error_code ignored;
  socket_.close(ignored);
  if (const auto exchange = std::exchange(exchange_, nullptr)) {
    core_.inFlight.add(-1);
    exchange->lost();
  }
  core_.remove(self);
}

}  // namespace checkout::transport

// gRPC C++ as a peer: `server sync|callback [--tls DIR]` prints `listening PORT` and ends with its stdin.
// All of gRPC's defaults: sync answers on its own pool of threads, callback on the library's event engine.
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <sstream>
#include <string>

#include <grpcpp/grpcpp.h>

#include "bench.grpc.pb.h"
#include "databroker.grpc.pb.h"

using bidirectional_databroker::BrokerRequest;
using bidirectional_databroker::BrokerResponse;
using bidirectional_databroker::BrokerService;
using broker::bench::Bench;
using broker::bench::Block;

void Answer(const BrokerRequest& request, BrokerResponse* response) {
  response->set_id(request.id());
  response->set_prediction(request.id() % 2 == 0);
}

void Answer(const Block& request, Block* response) { *response = request; }

template <class Request, class Response>
grpc::Status AnswerAll(grpc::ServerReaderWriter<Response, Request>* stream) {
  Request request;
  Response response;
  while (stream->Read(&request)) {
    Answer(request, &response);
    if (!stream->Write(response)) break;
  }
  return grpc::Status::OK;
}

class SyncBroker final : public BrokerService::Service {
  grpc::Status BidirectionalStreaming(
      grpc::ServerContext*, grpc::ServerReaderWriter<BrokerResponse, BrokerRequest>* stream) override {
    return AnswerAll(stream);
  }
};

class SyncBench final : public Bench::Service {
  grpc::Status Predict(grpc::ServerContext*, const BrokerRequest* request,
                       BrokerResponse* response) override {
    Answer(*request, response);
    return grpc::Status::OK;
  }

  grpc::Status Echo(grpc::ServerContext*, grpc::ServerReaderWriter<Block, Block>* stream) override {
    return AnswerAll(stream);
  }
};

template <class Request, class Response>
class Answerer final : public grpc::ServerBidiReactor<Request, Response> {
 public:
  Answerer() { this->StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) return this->Finish(grpc::Status::OK);
    Answer(request_, &response_);
    this->StartWrite(&response_);
  }

  void OnWriteDone(bool ok) override {
    if (ok) this->StartRead(&request_);
    else this->Finish(grpc::Status::CANCELLED);
  }

  void OnDone() override { delete this; }

 private:
  Request request_;
  Response response_;
};

class CallbackBroker final : public BrokerService::CallbackService {
  grpc::ServerBidiReactor<BrokerRequest, BrokerResponse>* BidirectionalStreaming(
      grpc::CallbackServerContext*) override {
    return new Answerer<BrokerRequest, BrokerResponse>();
  }
};

class CallbackBench final : public Bench::CallbackService {
  grpc::ServerUnaryReactor* Predict(grpc::CallbackServerContext* context, const BrokerRequest* request,
                                    BrokerResponse* response) override {
    Answer(*request, response);
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerBidiReactor<Block, Block>* Echo(grpc::CallbackServerContext*) override {
    return new Answerer<Block, Block>();
  }
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::shared_ptr<grpc::ServerCredentials> Credentials(int count, char** words) {
  if (count != 4 || std::string(words[2]) != "--tls") return grpc::InsecureServerCredentials();
  const std::string folder = words[3];
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back(
      {ReadFile(folder + "/server.key"), ReadFile(folder + "/server.crt")});
  return grpc::SslServerCredentials(options);
}

int main(int count, char** words) {
  const std::string kind = count > 1 ? words[1] : "";
  SyncBroker sync_broker;
  SyncBench sync_bench;
  CallbackBroker callback_broker;
  CallbackBench callback_bench;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", Credentials(count, words), &port);
  if (kind == "callback") {
    builder.RegisterService(&callback_broker).RegisterService(&callback_bench);
  } else {
    builder.RegisterService(&sync_broker).RegisterService(&sync_bench);
  }
  const auto server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return 1;
  std::cout << "listening " << port << std::endl;
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
  server->Shutdown(std::chrono::system_clock::now());
}

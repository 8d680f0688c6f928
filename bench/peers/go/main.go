// grpc-go as a peer: `server [--tls DIR]` prints `listening PORT` and ends with its stdin. All of grpc-go's defaults.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"

	"broker/bench/stubs"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

type databroker struct {
	stubs.UnimplementedBrokerServiceServer
}

type bench struct {
	stubs.UnimplementedBenchServer
}

func predict(request *stubs.BrokerRequest) *stubs.BrokerResponse {
	return &stubs.BrokerResponse{Id: request.Id, Prediction: request.Id%2 == 0}
}

func (databroker) BidirectionalStreaming(
	stream grpc.BidiStreamingServer[stubs.BrokerRequest, stubs.BrokerResponse],
) error {
	return answer(stream, predict)
}

func (bench) Predict(_ context.Context, request *stubs.BrokerRequest) (*stubs.BrokerResponse, error) {
	return predict(request), nil
}

func (bench) Echo(stream grpc.BidiStreamingServer[stubs.Block, stubs.Block]) error {
	return answer(stream, func(block *stubs.Block) *stubs.Block { return block })
}

// answer sends one answer for each request until the client ends its side.
func answer[Req, Res any](stream grpc.BidiStreamingServer[Req, Res], compute func(*Req) *Res) error {
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(compute(request)); err != nil {
			return err
		}
	}
}

func main() {
	var options []grpc.ServerOption
	if len(os.Args) == 3 && os.Args[1] == "--tls" {
		folder := os.Args[2]
		tls, err := credentials.NewServerTLSFromFile(folder+"/server.crt", folder+"/server.key")
		if err != nil {
			log.Fatal(err)
		}
		options = append(options, grpc.Creds(tls))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(options...)
	stubs.RegisterBrokerServiceServer(server, databroker{})
	stubs.RegisterBenchServer(server, bench{})
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(server.Serve(listener))
}

// SPDX-License-Identifier: ISC

// echo PORT - an echo server with a goroutine for each connection.
package main

import (
	"log"
	"net"
	"os"
)

func echo(c net.Conn) {
	defer c.Close()
	piece := make([]byte, 1024)
	for {
		n, err := c.Read(piece)
		if err != nil {
			return
		}
		if _, err := c.Write(piece[:n]); err != nil {
			return
		}
	}
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go echo(c)
	}
}

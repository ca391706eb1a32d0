// SPDX-License-Identifier: ISC

// messages ROOM COUNT - one goroutine sends COUNT pointers through a channel
// with that much room, and another receives them; prints the nanoseconds of a
// message.
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"time"
)

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		log.Fatal(err)
	}
	return n
}

func main() {
	messages := make(chan *int, number(os.Args[1]))
	count := number(os.Args[2])
	value, received := 0, 0
	begin := time.Now()
	go func() {
		for i := 0; i < count; i++ {
			messages <- &value
		}
		close(messages)
	}()
	for range messages {
		received++
	}
	took := time.Since(begin)
	if received != count {
		log.Fatal("a message is lost")
	}
	fmt.Printf("%.2f\n", float64(took.Nanoseconds())/float64(count))
}

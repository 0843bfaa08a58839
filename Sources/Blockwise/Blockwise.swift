// Blockwise cuts work over volumes of any size into blocks that never wait for each other.

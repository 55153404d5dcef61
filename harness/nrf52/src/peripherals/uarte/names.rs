//! The numbers of tasks, events and shortcuts, and the offsets of registers.

pub(super) mod task {
    pub(in super::super) const START_RX: u8 = 0;
    pub(in super::super) const STOP_RX: u8 = 1;
    pub(in super::super) const START_TX: u8 = 2;
    pub(in super::super) const STOP_TX: u8 = 3;
    pub(in super::super) const SUSPEND: u8 = 7;
    pub(in super::super) const FLUSH_RX: u8 = 11;
    pub(in super::super) const ALL: u32 = 0x88F;
}

pub(super) mod event {
    pub(in super::super) const CTS: u8 = 0;
    pub(in super::super) const NCTS: u8 = 1;
    pub(in super::super) const RXD_READY: u8 = 2;
    pub(in super::super) const END_RX: u8 = 4;
    pub(in super::super) const TXD_READY: u8 = 7;
    pub(in super::super) const END_TX: u8 = 8;
    pub(in super::super) const ERROR: u8 = 9;
    pub(in super::super) const RX_TIMEOUT: u8 = 17;
    pub(in super::super) const RX_STARTED: u8 = 19;
    pub(in super::super) const TX_STARTED: u8 = 20;
    pub(in super::super) const TX_STOPPED: u8 = 22;
    pub(in super::super) const ALL: u32 = 0x5A_0397;
}

pub(super) mod short {
    pub(in super::super) const CTS_START_RX: u8 = 3;
    pub(in super::super) const NCTS_STOP_RX: u8 = 4;
    pub(in super::super) const END_RX_START_RX: u8 = 5;
    pub(in super::super) const END_RX_STOP_RX: u8 = 6;
    pub(in super::super) const ALL: u32 = 0x78;
}

pub(super) mod register {
    pub(in super::super) const ERROR_SOURCE: u32 = 0x480;
    pub(in super::super) const ENABLE: u32 = 0x500;
    pub(in super::super) const PIN_RTS: u32 = 0x508;
    pub(in super::super) const PIN_RXD: u32 = 0x514;
    pub(in super::super) const RXD: u32 = 0x518;
    pub(in super::super) const TXD: u32 = 0x51C;
    pub(in super::super) const BAUD_RATE: u32 = 0x524;
    pub(in super::super) const RX_POINTER: u32 = 0x534;
    pub(in super::super) const RX_COUNT: u32 = 0x538;
    pub(in super::super) const RX_AMOUNT: u32 = 0x53C;
    pub(in super::super) const TX_POINTER: u32 = 0x544;
    pub(in super::super) const TX_COUNT: u32 = 0x548;
    pub(in super::super) const TX_AMOUNT: u32 = 0x54C;
    pub(in super::super) const CONFIG: u32 = 0x56C;
}

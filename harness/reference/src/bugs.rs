//! Planted bugs: wrong behaviours that someone could ship, each on its own switch.
//!
//! A bug is part of a bootloader build, like any other property of firmware; the application with the buttonless service looks there
//! for the bugs that are its own. The suite proves its oracles by finding every one.

use std::fmt;
use std::str::FromStr;

macro_rules! planted_bugs {
    ($($(#[$meta:meta])* $variant:ident = $code:literal, $name:literal, $what:literal;)*) => {
        /// A wrong behaviour planted on purpose.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum PlantedBug { $($(#[$meta])* #[doc = $what] $variant = $code,)* }

        impl PlantedBug {
            /// Every bug there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name used on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What is wrong, in one sentence.
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => $what,)* }
            }

            /// The number that stands for it in a build block.
            pub(crate) fn from_code(code: u32) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

planted_bugs! {
    SignatureNotChecked = 1, "signature-not-checked", "A signature that does not verify is accepted (PKG-013).";
    UnsignedAccepted = 2, "unsigned-accepted", "A packet without signature is accepted although one is required (VAL-003).";
    VersionNotChecked = 3, "version-not-checked", "An older application version is accepted (VAL-011).";
    HardwareNotChecked = 4, "hardware-not-checked", "A packet for other hardware is accepted (VAL-006).";
    SoftDeviceNotChecked = 5, "softdevice-not-checked", "A packet for another SoftDevice is accepted (VAL-017).";
    HashNotChecked = 6, "hash-not-checked", "The received image is not compared with its hash (VAL-021).";
    CrcWithoutLastByte = 7, "crc-without-last-byte", "The answered CRC leaves out the last byte received (CP-018).";
    BackupNotWritten = 8, "backup-not-written", "The settings backup page is never written (SET-005).";
    CopiedBeforeVerified = 9, "copied-before-verified", "The running application is overwritten while the new one is still being received (MEM-014).";
    WrittenPastBank = 10, "written-past-bank", "The last object is followed by one word too many in flash (MEM-005).";
    ShortObjectExecuted = 11, "short-object-executed", "An object that is not complete can be executed (OBJ-028).";
    CopyNotResumed = 12, "copy-not-resumed", "A copy that lost power is taken for finished (PWR-011).";
    OffsetKeptAfterDisconnect = 13, "offset-kept-after-disconnect", "After a disconnect the old offset is still answered although no object is open (OBJ-038).";
    SpaceNotChecked = 14, "space-not-checked", "An image larger than the free space is accepted (VAL-020).";
    ReceiptWithoutOffset = 15, "receipt-offset-stale", "Receipts carry the offset of the receipt before (PRN-011).";
    AppDataErased = 16, "app-data-erased", "Activation erases the first page of the application's data (MEM-005).";
    ReceiptsNotRestarted = 17, "receipts-not-restarted", "Create does not let the counting for receipts begin again (PRN-003).";
    ReceiptLate = 18, "receipt-late", "A receipt comes one packet after it is due (PRN-001).";
    RefusedWriteNotCounted = 19, "refused-write-not-counted", "A packet that is refused is not counted for receipts (PRN-006).";
    SelectRewinds = 20, "select-rewinds", "Select takes an open object back to its start (CP-016).";
    CreateKeepsOffset = 21, "create-keeps-offset", "Create goes on behind the bytes that were received before it (OBJ-023).";
    PageNotErased = 22, "page-not-erased", "Create does not erase the page of the object (OBJ-020).";
    RefusedCreateRewinds = 23, "refused-create-rewinds", "A Create that is refused takes the open object back to its start (OBJ-023).";
    EmptyObjectAccepted = 24, "empty-object-accepted", "A data object of no bytes can be created (OBJ-016).";
    LargeObjectMisjudged = 25, "large-object-misjudged", "An object larger than a page is refused as not permitted instead of as too large (OBJ-018).";
    ObjectBeyondEndAccepted = 26, "object-beyond-end-accepted", "An object that ends behind the image can be created (OBJ-019).";
    EmptyInitAccepted = 27, "empty-init-accepted", "An init packet of no bytes can be created, which forgets the one before (OBJ-001).";
    UnknownRequestSilent = 28, "unknown-request-silent", "An unknown request is not answered (CP-006).";
    UnknownObjectAccepted = 29, "unknown-object-accepted", "Selecting an object of an unknown type selects the data object (CP-017).";
    SerialRequestsOverAir = 30, "serial-requests-over-air", "Requests of the serial transports are answered over BLE (CP-005).";
    AbortAnswered = 31, "abort-answered", "Abort is answered (CP-024).";
    EndNotEscaped = 32, "end-not-escaped", "The byte that ends a frame is not escaped inside an answer (SER-002).";
    MemorySizesSwapped = 33, "memory-sizes-swapped", "The hardware version names RAM before ROM (CP-008).";
    MtuTooLarge = 34, "mtu-too-large", "A UART bootloader answers with the MTU of a USB one (CP-022).";
    InactivityIgnored = 35, "inactivity-ignored", "DFU mode never ends by itself (TMR-001).";
    VersionNotRecorded = 36, "version-not-recorded", "The version of a new application is not put on record (VAL-036).";
    SameVersionRefused = 37, "same-version-refused", "The version that is installed is refused although the configuration accepts it (VAL-010).";
    HashTypeNotChecked = 38, "hash-type-not-checked", "A hash that is said not to be a SHA-256 is taken for one (VAL-005).";
    SignatureTypeNotChecked = 39, "signature-type-not-checked", "A signature of another type is taken for ECDSA (PKG-012).";
    SignatureInEitherOrder = 40, "signature-in-either-order", "A signature with its most significant byte first is accepted, too (PKG-013).";
    InitNotPersisted = 41, "init-not-persisted", "An accepted init packet is not written to flash (OBJ-011).";
    InitNotRestored = 42, "init-not-restored", "The stored init packet is not in force after a reset (OBJ-036).";
    SingleBankIgnored = 43, "single-bank-ignored", "A bootloader for one bank stores the update in a second one (MEM-012).";
    ApplicationDroppedEarly = 44, "application-dropped-early", "The application is given up at the init packet although there is room beside it (MEM-014).";
    CrcOfObject = 45, "crc-of-object", "The answered CRC covers the object instead of the image (CP-018).";
    EntryFlagKept = 46, "entry-flag-kept", "The request for DFU mode is not taken back, so that every reset leads there again (ACT-023).";
    InitLostWithLink = 47, "init-lost-with-link", "A lost link takes the accepted init packet out of force (OBJ-038).";
    ProgressNotSaved = 48, "progress-not-saved", "A bootloader that is to save its progress does not (OBJ-040).";
    LongWriteCut = 49, "long-write-cut", "A packet that goes beyond its object is stored up to the object's end (FLT-008).";
    MissingVersionAccepted = 50, "missing-version-accepted", "An application without a version is accepted (VAL-012).";
    MissingHardwareAccepted = 51, "missing-hardware-accepted", "A packet that names no hardware is accepted (VAL-006).";
    AnythingIsProgress = 52, "anything-is-progress", "Every request keeps DFU mode alive (TMR-004).";
    RefusedInitWritesLeak = 53, "refused-init-writes-leak", "Refused packets of an init packet keep their receive buffers (FLT-011).";
    AddressKept = 200, "address-kept", "Without bonds the bootloader advertises with the address of its application (BLE-003).";
    StoredNameIgnored = 201, "stored-name-ignored", "The name that the application stored is not used (BLE-002).";
    RecordsKept = 202, "records-kept", "Name and peer data stay in the settings when the application is started (SET-021).";
    BondsNotEnforced = 203, "bonds-not-enforced", "A bonded bootloader takes requests from anyone, over a link that is not encrypted (BLE-005, BLE-032).";
    KeyNotTakenOver = 204, "key-not-taken-over", "A bonded bootloader does not know the key of the bond that it was handed (BLE-029).";
    ConfigurationIgnored = 210, "configuration-ignored", "A request is executed although notifications are turned off (BLE-014).";
    ControlCommandObeyed = 211, "control-command-obeyed", "A request that comes as a Write Command is executed (BLE-019).";
    DamagedNameUsed = 212, "damaged-name-used", "A stored name is used although its CRC is wrong (SET-020).";
    ConfirmationNotAwaited = 213, "confirmation-not-awaited", "The application resets before its answer is confirmed (BTN-003).";
    IndicationsNotRequired = 214, "indications-not-required", "The application takes requests without indications turned on (BTN-001).";
    NameLengthNotChecked = 215, "name-length-not-checked", "The application accepts names of any length (BTN-006).";
    SecondRequestKept = 216, "second-request-kept", "A second request for the bootloader does not take the first one back (BTN-025).";
    BootloaderVersionNotRaised = 100, "bootloader-version-not-raised", "The version of a new bootloader is not put on record (VAL-036).";
    BootloaderDowngradeAccepted = 101, "bootloader-downgrade-accepted", "A bootloader that is not newer is accepted (VAL-015).";
    SoftDeviceInfoNotChecked = 102, "softdevice-info-not-checked", "A SoftDevice without its information structure is accepted (VAL-023).";
    OtherFamilyAccepted = 103, "other-family-accepted", "A SoftDevice of another family is accepted (VAL-023).";
    RefusedSoftDeviceActivated = 104, "refused-softdevice-activated", "A SoftDevice that was refused stays on record in bank 1 and is activated (VAL-023).";
    MajorSoftDeviceAloneAccepted = 105, "major-softdevice-alone-accepted", "Over BLE a SoftDevice of another major version is accepted without a bootloader (VAL-024).";
    MajorUpdateKeepsApplication = 106, "major-update-keeps-application", "The application of another major version of the SoftDevice stays on record (ACT-011).";
    MinorUpdateDropsApplication = 107, "minor-update-drops-application", "A SoftDevice of the same major version drops the application (ACT-010).";
    CopyRecordDroppedEarly = 108, "copy-record-dropped-early", "The record of a bootloader copy is taken back before the copy is done (PWR-014).";
    ContinuationTooShort = 109, "continuation-too-short", "The next image of a package is waited for a tenth of the time (TMR-009).";
    ContinuationTooLong = 110, "continuation-too-long", "The next image of a package is waited for as long as for anything (TMR-009).";
    OnlyFirstSdReq = 111, "only-first-sd-req", "Of several SoftDevices that a packet names only the first one counts (VAL-017).";
    AnySoftDeviceAccepted = 112, "any-softdevice-accepted", "An application that asks for any SoftDevice is accepted (VAL-014).";
    SoftDeviceCopiedShort = 113, "softdevice-copied-short", "The last page of a SoftDevice is not copied (ACT-009).";
    BootloaderTakenForDone = 114, "bootloader-taken-for-done", "A bootloader counts as copied without having been compared (ACT-015).";
    BankOneNotCleared = 115, "bank-1-not-cleared", "Bank 1 is not cleared when its bootloader is in place (ACT-016).";
    SoftDeviceSizeNotRecorded = 116, "softdevice-size-not-recorded", "The size of a new SoftDevice is not put on record (VAL-028).";
    BootCrcNotChecked = 117, "boot-crc-not-checked", "The application is started without its CRC having been checked (VAL-029).";
    SoftDeviceRaisesVersion = 118, "softdevice-raises-version", "The version of a SoftDevice becomes that of the application (VAL-013).";
    ExternalActivated = 119, "external-activated", "An external application is activated like any other (ACT-029).";
    DebugFlagObeyed = 120, "debug-flag-obeyed", "A release bootloader lets a debug packet switch off its checks (VAL-008).";
    AppSignatureNotRequired = 121, "app-signature-not-required", "An application without a boot signature is accepted where one is required (VAL-025).";
    ForcedDualIgnored = 122, "forced-dual-ignored", "The application gives way to a large update although it must never do so (MEM-012).";
    EmptySdReqAccepted = 123, "empty-sd-req-accepted", "A packet that names no SoftDevice at all is accepted (VAL-017).";
    BootSignatureNotChecked = 124, "boot-signature-not-checked", "A boot signature that does not verify is accepted (VAL-025).";
    BootHashTakenOver = 125, "boot-hash-taken-over", "The boot hash that a packet brings along is stored instead of the computed one (VAL-026).";
    UnsignedSystemAccepted = 126, "unsigned-system-accepted", "Where applications may be unsigned, bootloaders may, too (VAL-003).";
    BackupWrittenFirst = 127, "backup-written-first", "The settings backup page is written before the settings page (SET-005).";
    CrcKeptAfterDisconnect = 300, "crc-kept-after-disconnect", "After a disconnect the old CRC is still answered although no object is open (OBJ-038).";
    PartialInitKept = 301, "partial-init-kept", "An init packet that was not executed outlives a lost link (OBJ-038).";
    ReceiptsLostWithLink = 302, "receipts-lost-with-link", "The interval of receipts is forgotten with a lost link (PRN-012).";
    SelectRestartsReceipts = 303, "select-restarts-receipts", "Select lets the counting for receipts begin again (PRN-004).";
    ExecuteRestartsReceipts = 304, "execute-restarts-receipts", "Execute lets the counting for receipts begin again (PRN-004).";
    ReceiptIntervalOfOneByte = 305, "receipt-interval-of-one-byte", "Only the low byte of the interval of receipts counts (PRN-001).";
    LastReceiptMissing = 306, "last-receipt-missing", "The packet that fills an object gets no receipt (PRN-010).";
    ExecuteLeavesNoOffset = 307, "execute-leaves-no-offset", "Behind an Execute offset and CRC are answered as zero (OBJ-033).";
    VersionRaisedEarly = 308, "version-raised-early", "The version is put on record with the init packet instead of with the image (VAL-036).";
    NewerHardwareAccepted = 309, "newer-hardware-accepted", "A packet for hardware with a higher number is accepted (VAL-006).";
    OlderHardwareAccepted = 310, "older-hardware-accepted", "A packet for hardware with a lower number is accepted (VAL-006).";
    VersionComparedSigned = 311, "version-compared-signed", "Versions are compared as signed numbers (VAL-011).";
    VersionComparedShort = 312, "version-compared-short", "Only the low half of a version is compared (VAL-011).";
    SdReqComparedShort = 313, "sd-req-compared-short", "Only the low byte of a SoftDevice's firmware id is compared (VAL-017).";
    PageTooMuchAccepted = 314, "page-too-much-accepted", "An image that is a page too large for its place is accepted (VAL-020).";
    ExactFitRefused = 315, "exact-fit-refused", "An image that fits exactly is refused (VAL-020).";
    TooLongInitAccepted = 316, "too-long-init-accepted", "An init packet of one byte more than the maximum can be created (OBJ-002).";
    LongInitRefused = 317, "long-init-refused", "An init packet of more than 256 bytes is refused although Select names 512 (OBJ-002).";
    ShortLastObjectAccepted = 318, "short-last-object-accepted", "A last object that ends before the image does can be created (OBJ-017).";
    SecondInitExecuteRefused = 319, "second-init-execute-refused", "An init packet that is in force can't be executed again (OBJ-013).";
    StaleInitInForce = 320, "stale-init-in-force", "A new init packet leaves the old one in force until it is executed (OBJ-003).";
    NextPageErased = 321, "next-page-erased", "Create erases the page behind that of the object, too (OBJ-020).";
    WritesAreProgress = 322, "writes-are-progress", "Data that arrives keeps DFU mode alive (TMR-004).";
    DisconnectIsProgress = 323, "disconnect-is-progress", "A lost link keeps DFU mode alive (TMR-005).";
    ExecuteIsNoProgress = 324, "execute-is-no-progress", "An executed object does not keep DFU mode alive (TMR-003).";
    InitCreateIsNoProgress = 325, "init-create-is-no-progress", "A new init packet does not keep DFU mode alive (TMR-002).";
    InactivityTooShort = 326, "inactivity-too-short", "DFU mode ends after half the time (TMR-001).";
    ResetLost = 327, "reset-lost", "The reset behind the last Execute is lost (OBJ-030).";
    AbortForgetsInit = 328, "abort-forgets-init", "Abort takes the init packet out of force (OBJ-036).";
    EscapeNotEscaped = 329, "escape-not-escaped", "The byte that begins an escape is not escaped inside an answer (SER-002).";
    PingNotEchoed = 330, "ping-not-echoed", "Ping is answered with a fixed number (CP-010).";
    SignatureLastBitIgnored = 331, "signature-last-bit-ignored", "The last bit of a signature does not count (PKG-013).";
    HashTailIgnored = 332, "hash-tail-ignored", "The last four bytes of an image are not hashed (VAL-021).";
    BackupCrcNotChecked = 333, "backup-crc-not-checked", "A torn backup of the settings counts as valid (SET-007).";
    MainPageWins = 334, "main-page-wins", "When the settings pages differ the main page wins (SET-003).";
    SameBootloaderAccepted = 336, "same-bootloader-accepted", "A bootloader of the version that is installed is accepted (VAL-015).";
    DebugVersionRecorded = 337, "debug-version-recorded", "A debug packet changes the version that is on record (VAL-007).";
    ExtendedCodeMissing = 338, "extended-code-missing", "An extended error is answered without its second byte (CP-003).";
    NameAnswerMissing = 339, "name-answer-missing", "The application does not answer a request for a name (BTN-005).";
    EntryByAnyBit = 340, "entry-by-any-bit", "Any bit of the retained register leads to DFU mode (ACT-025).";
    EntryByPatternOnly = 341, "entry-by-pattern-only", "The retained register leads to DFU mode only with its whole pattern (ACT-024).";
    BootCrcOfFirstPage = 342, "boot-crc-of-first-page", "Only the first page of the application is checked before it is started (VAL-029).";
    SkipMarkKept = 343, "skip-mark-kept", "The mark that skips the CRC check of one start is kept (VAL-032).";
    UnknownSelectKeepsObject = 400, "unknown-select-keeps-object", "Select of an unknown type leaves selected what was selected before (CP-017).";
    LongRequestRefused = 401, "long-request-refused", "A request with more bytes than it needs is refused (CP-028).";
    ReceiptOfRefusalMisnamed = 402, "receipt-of-refusal-misnamed", "The receipt of a refused packet names the request Write (PRN-006).";
    RefusedCreateForgetsInit = 403, "refused-create-forgets-init", "A Create of an init packet that is too long forgets the packet before (OBJ-002).";
    ObjectBeyondEndMisjudged = 404, "object-beyond-end-misjudged", "An object that ends behind the image is refused as an invalid parameter (OBJ-019).";
    RewindKeepsCrc = 405, "rewind-keeps-crc", "An object that is created again begins with the CRC of the bytes that were given up (OBJ-023).";
    ClosedObjectTakesData = 406, "closed-object-takes-data", "Data is taken although no object is open (OBJ-026).";
    LostWriteCounted = 407, "lost-write-counted", "A packet that the flash queue has no room for is counted in offset and CRC (OBJ-027).";
    IncompleteInitDropped = 408, "incomplete-init-dropped", "Execute of an init packet that is not complete drops it (OBJ-007).";
    InitMissesBackup = 409, "init-misses-backup", "An accepted init packet does not reach the settings backup (OBJ-011).";
    ApplicationStaysOnRecord = 410, "application-stays-on-record", "The application that has to give way to the update stays on record (MEM-015).";
    ShortExecuteRewinds = 411, "short-execute-rewinds", "Execute of an object that is not complete takes it back to its start (OBJ-028).";
    ExecuteBeforeFlash = 412, "execute-before-flash", "Execute does not wait until the object is in flash (OBJ-029).";
    ProgressSavedUnasked = 413, "progress-saved-unasked", "Progress is saved although the bootloader is not built for it (OBJ-037).";
    FailedUpdateStays = 414, "failed-update-stays", "DFU mode goes on behind an image whose hash is wrong (OBJ-030).";
    UndecodableInitDropped = 415, "undecodable-init-dropped", "An init packet that can not be decoded is dropped (OBJ-009).";
    RefusedInitReadable = 416, "refused-init-readable", "An init packet that was refused is still answered by Select (OBJ-010).";
    ZeroSignatureAccepted = 417, "zero-signature-accepted", "A signature of zeros is accepted (PKG-013).";
    SoftDeviceUnsigned = 418, "softdevice-unsigned", "A SoftDevice is accepted without a signature (VAL-003).";
    EmptyImageAccepted = 419, "empty-image-accepted", "An image of no bytes is accepted (VAL-018).";
    HardwareComparedShort = 421, "hardware-compared-short", "Only the low byte of the hardware version is compared (VAL-006).";
    SystemSdReqIgnored = 422, "system-sd-req-ignored", "What SoftDevice a bootloader or a SoftDevice is made for is not checked (VAL-017).";
    SoftDeviceVersionIgnored = 423, "softdevice-version-ignored", "The version of a SoftDevice is not compared (VAL-013).";
    BootloaderWithoutVersion = 424, "bootloader-without-version", "A bootloader without a version is accepted (VAL-016).";
    ShortHashAccepted = 425, "short-hash-accepted", "A hash of fewer than 32 bytes is compared as far as it goes (PKG-015).";
    ApplicationDroppedByBadHash = 426, "application-dropped-by-bad-hash", "A running application is given up when the hash of an update is wrong (VAL-022).";
    CopyNotVerified = 427, "copy-not-verified", "The application is not compared with its CRC when it has been copied (ACT-005).";
    BankZeroCrcKept = 428, "bank-0-crc-kept", "Bank 0 keeps the CRC of the application before (SET-016).";
    CopyBeginsAnew = 429, "copy-begins-anew", "A copy that lost power begins again at its start, whatever has been overwritten (PWR-011).";
    CopyChunksOverlap = 430, "copy-chunks-overlap", "Chunks of a copy are not limited by the distance of source and target (ACT-002).";
    CopyErasesTooFar = 431, "copy-erases-too-far", "The copy erases the page behind its last one (ACT-007).";
    ContinuationStays = 432, "continuation-stays", "Behind a SoftDevice every limit of the session is that of the wait for its application (TMR-009).";
    NameKept = 433, "name-kept", "The name stays in the settings when the application is started (SET-021).";
    SoftDeviceNotCheckedAtStart = 434, "softdevice-not-checked-at-start", "The application is started whatever its SoftDevice looks like (VAL-028).";
    AnyRequestCleared = 436, "any-request-cleared", "Every value that leads to DFU mode is taken out of the retained register (ACT-024).";
    SkipByAnyMark = 437, "skip-by-any-mark", "Bit 0 of GPREGRET2 alone skips the CRC check of a start (VAL-032).";
    LoneBackupIgnored = 438, "lone-backup-ignored", "A valid backup is not used when the settings page is torn (SET-003).";
    BankOneTooEarly = 439, "bank-1-too-early", "Bank 1 begins in the last page of the application (MEM-003).";
    AppDataCountsAsFree = 440, "app-data-counts-as-free", "The area of the application's data counts as room for images (MEM-004).";
    ProgressLostAtReset = 441, "progress-lost-at-reset", "Saved progress is dropped at a reset (OBJ-040).";
    CommitLost = 443, "commit-lost", "The device resets before the end of an update is on record (OBJ-030).";
    ExecutedSurvivesLink = 444, "executed-survives-link", "Executed objects outlive a lost link although progress is not saved (OBJ-038).";
    LinkSelectsInit = 445, "link-selects-init", "A lost link selects the init packet again (CP-025).";
    LinkRestartsReceipts = 446, "link-restarts-receipts", "A lost link lets the counting for receipts begin again (PRN-012).";
    NextAddressWithBonds = 448, "next-address-with-bonds", "A bonded bootloader advertises at the next address (BLE-004).";
    IntervalCountsLater = 451, "interval-counts-later", "A new interval of receipts counts from the next Create on (PRN-005).";
    AnyoneStartsBootloader = 452, "anyone-starts-bootloader", "An application with bonds lets a central without one start the bootloader (BTN-014).";
    LeavingHostResets = 453, "leaving-host-resets", "A host that leaves before it has confirmed starts the bootloader (BTN-004).";
    InitBytesKept = 455, "init-bytes-kept", "Behind a shorter init packet the bytes of a longer one stay on record (SET-013).";
    BankOneSizeKept = 456, "bank-1-size-kept", "Bank 1 keeps size and CRC of what has been activated (SET-016).";
    CombinedBootloaderTooLarge = 550, "combined-bootloader-too-large", "Behind a SoftDevice a bootloader that is larger than its place is accepted (VAL-019).";
    LastPageOpen = 551, "last-page-open", "The last page of the application is left open when it is started (MEM-019).";
    BootloaderEndOpen = 552, "bootloader-end-open", "The last page of the bootloader is left open (MEM-018).";
    WakeUpChecked = 553, "wake-up-checked", "The CRC is checked although the device wakes from System OFF (VAL-031).";
    WakeUpReasonKept = 554, "wake-up-reason-kept", "The reason of a wake-up from System OFF is kept, so that no later start is checked (VAL-031).";
    RegisterClearedWhole = 555, "register-cleared-whole", "A request for DFU mode takes the other bits of its register with it (ACT-023).";
    SkipRegisterClearedWhole = 556, "skip-register-cleared-whole", "The mark that skips a check takes the other bits of its register with it (VAL-032).";
    HashSkipped = 557, "hash-skipped", "The mark that skips the CRC check skips hashes and signatures, too (VAL-032).";
    BootloaderRecordMistaken = 558, "bootloader-record-mistaken", "Behind a SoftDevice the bootloader gets the boot validation of the SoftDevice (VAL-026).";
    ChunkMissesBackup = 559, "chunk-misses-backup", "The progress of a copy does not reach the settings backup (ACT-002).";
    SettingsRewritten = 560, "settings-rewritten", "The settings page is written anew although it is the same (SET-006).";
    ButtonIgnored = 561, "button-ignored", "The button that is held at a reset does not lead to DFU mode (ACT-026).";
    LineErrorIgnored = 500, "line-error-ignored", "An error on the serial line does not reset the device (SER-013).";
    CableIgnored = 501, "cable-ignored", "A USB cable that is pulled leaves all progress as it was (SER-015).";
    CloseNotAwaited = 502, "close-not-awaited", "The reset follows the end of the link without the 200 ms between them (TMR-011).";
    ResetDelayIgnored = 503, "reset-delay-ignored", "The configured delay in front of a reset is left out (TMR-010).";
    WatchdogStarted = 504, "watchdog-started", "DFU mode starts a watchdog that did not run (TMR-016).";
    BackupRecordsIgnored = 650, "backup-records-ignored", "With two valid settings pages the boot validations are those of the main page (section 8.2).";
    SoftDeviceGivesWay = 651, "softdevice-gives-way", "Over BLE a large application makes the SoftDevice give way (MEM-012).";
    UnfitSoftDeviceStays = 652, "unfit-softdevice-stays", "A SoftDevice that was refused in its own place stays recognisable (section 7.6).";
    WriteOffsetKept = 457, "write-offset-kept", "The write offset of a finished copy stays on record (SET-016).";
    MarkTakenByActivation = 570, "mark-taken-by-activation", "A start that activates something takes the mark that skips a check of the next one (VAL-038).";
    CopyNotFed = 571, "copy-not-fed", "The watchdog is fed at the start of a copy and not during it (TMR-014).";
    BootloaderCopyNotFed = 572, "bootloader-copy-not-fed", "The watchdog is not fed before the MBR copies a bootloader (TMR-014).";
    RequestClearedLoosely = 573, "request-cleared-loosely", "A request for DFU mode without its lowest bit is taken out of the register (ACT-024).";
    MarkComparedLoosely = 574, "mark-compared-loosely", "Bit 3 of the mark that skips a check is not compared (VAL-032).";
    OffsetOfBackupIgnored = 575, "offset-of-backup-ignored", "When the settings pages differ the executed offset is that of the main page (SET-003).";
    ApplicationAtThirdIndex = 620, "application-at-third-index", "Without a SoftDevice the application is not only the second image but also the third (CP-012).";
    ParametersOnce = 621, "parameters-once", "Connection parameters are asked for on the first link only (BLE-008).";
    LongFrameCut = 622, "long-frame-cut", "A Write of more than 64 bytes over a UART loses those behind them (SER-007).";
    EveryOtherObjectSaved = 623, "every-other-object-saved", "Progress is stored only behind every second object (OBJ-040).";
    PacketsWithoutBond = 624, "packets-without-bond", "A bonded bootloader takes packets over a link that is not encrypted (BLE-032).";
}

impl fmt::Display for PlantedBug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of no planted bug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no planted bug named `{0}`")]
pub struct UnknownBug(pub String);

impl FromStr for PlantedBug {
    type Err = UnknownBug;

    fn from_str(name: &str) -> Result<Self, UnknownBug> {
        Self::ALL.iter().copied().find(|bug| bug.name() == name).ok_or_else(|| UnknownBug(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_lead_back() {
        for &bug in PlantedBug::ALL {
            assert_eq!(bug.name().parse(), Ok(bug));
            assert_eq!(PlantedBug::from_code(bug as u32), Some(bug));
        }
        assert_eq!(PlantedBug::from_code(0), None);
    }
}

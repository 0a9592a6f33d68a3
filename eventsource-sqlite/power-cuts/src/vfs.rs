//! The disks as a filesystem of SQLite: C's calls and pointers on one side, [`Disk`] on the other.
//!
//! This is the only file with unsafe code. SQLite promises, and it is relied on: that it calls the methods of a file
//! only between a successful `xOpen` and `xClose`, from one thread at a time, with pointers that are valid for the
//! lengths that come with them; that `szOsFile` bytes lie behind the pointer that `xOpen` is given.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Once, PoisonError};

use rusqlite::ffi;

use crate::disk::{Disk, Powered};
use crate::lock::{self, Region, Shm};

/// Makes SQLite use the disks of this process for every file that is opened from here on without another filesystem
/// being named. A file in a folder without a disk cannot be opened.
///
/// # Panics
///
/// If SQLite does not take it.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: a null name asks for the default, which lives for as long as the process.
        let usual = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
        assert!(!usual.is_null(), "SQLite has no filesystem");
        let vfs = Box::leak(Box::new(ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: c_int::try_from(size_of::<Opened>()).unwrap_or(c_int::MAX),
            mxPathname: 1024,
            pNext: ptr::null_mut(),
            zName: c"power-cuts".as_ptr(),
            pAppData: usual.cast(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: None,
            xCurrentTimeInt64: Some(current_time_int64),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        // SAFETY: it is leaked, so it lives for as long as the process.
        let answer = unsafe { ffi::sqlite3_vfs_register(vfs, 1) };
        assert_eq!(
            answer,
            ffi::SQLITE_OK,
            "SQLite does not take the filesystem"
        );
    });
}

/// What lies behind SQLite's pointer to a file.
#[repr(C)]
struct Opened {
    base: ffi::sqlite3_file,
    /// Owned: made by `open`, dropped by `close`.
    handle: *mut Handle,
}

/// A file that a connection has open.
struct Handle {
    disk: Arc<Disk>,
    boot: u64,
    node: u64,
    name: String,
    /// Tells connections apart.
    who: u64,
    /// Whether the first sync is to make the name durable too.
    folder_too: bool,
    delete_on_close: bool,
    shm: Option<Arc<Shm>>,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock_file),
    xUnlock: Some(unlock_file),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// The file behind SQLite's pointer.
///
/// # Safety
///
/// `file` is one that `open` has opened, and nobody else uses it meanwhile.
unsafe fn handle<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Handle {
    // SAFETY: as the caller promises; `open` has set the pointer.
    unsafe { &mut *(*file.cast::<Opened>()).handle }
}

/// The text that SQLite gives.
///
/// # Safety
///
/// `text` is null or ends with a zero.
unsafe fn text<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(text) }.to_str().ok()
}

fn answer(done: Powered, failure: c_int) -> c_int {
    match done {
        Ok(()) => ffi::SQLITE_OK,
        Err(_) => failure,
    }
}

fn offset(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn length(number: c_int) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// A disk and a name on it, for the path of a file.
fn find(path: &str) -> Option<(Arc<Disk>, String)> {
    let path = Path::new(path);
    let name = path.file_name()?.to_str()?.to_owned();
    Some((Disk::of(path)?, name))
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    path: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let opened = file.cast::<Opened>();
    // SAFETY: SQLite gives room for an `Opened`. Without methods it is not closed, should this fail.
    unsafe { (*opened).base.pMethods = ptr::null() };
    // SAFETY: SQLite's names end with a zero.
    let (disk, name) = match unsafe { text(path) } {
        Some(path) => match find(path) {
            Some(found) => found,
            None => return ffi::SQLITE_CANTOPEN,
        },
        // A file for SQLite's own use, which nobody else sees and which need not survive.
        None => (Arc::new(Disk::empty(Path::new(""))), "temporary".to_owned()),
    };
    let handle = match open_on(&disk, name, flags) {
        Ok(handle) => handle,
        Err(failure) => return failure,
    };
    // SAFETY: as above; SQLite may leave the second pointer out.
    unsafe {
        (*opened).handle = Box::into_raw(Box::new(handle));
        (*opened).base.pMethods = &raw const METHODS;
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

fn open_on(disk: &Arc<Disk>, name: String, flags: c_int) -> Result<Handle, c_int> {
    static LAST: AtomicU64 = AtomicU64::new(0);
    const NEW_JOURNAL: c_int =
        ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;
    let is = |flag| flags & flag != 0;
    let mut state = disk.state();
    let boot = state.boot;
    let lost = |_| ffi::SQLITE_CANTOPEN;
    state.powered(boot).map_err(lost)?;
    let node = match state.find(&name) {
        Some(_) if is(ffi::SQLITE_OPEN_EXCLUSIVE) => return Err(ffi::SQLITE_CANTOPEN),
        Some(node) => node,
        None if !is(ffi::SQLITE_OPEN_CREATE) => return Err(ffi::SQLITE_CANTOPEN),
        None => state.make(boot, &name).map_err(lost)?,
    };
    Ok(Handle {
        disk: Arc::clone(disk),
        boot,
        node,
        name,
        who: LAST.fetch_add(1, Ordering::Relaxed),
        folder_too: is(ffi::SQLITE_OPEN_CREATE) && is(NEW_JOURNAL),
        delete_on_close: is(ffi::SQLITE_OPEN_DELETEONCLOSE),
        shm: None,
    })
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let opened = file.cast::<Opened>();
    // SAFETY: the file is open, and SQLite does not use it again.
    let handle = unsafe {
        (*opened).base.pMethods = ptr::null();
        Box::from_raw((*opened).handle)
    };
    let mut state = handle.disk.state();
    if state.powered(handle.boot).is_ok() {
        if let Ok(node) = state.node(handle.node) {
            node.locks.unlock(handle.who, lock::NONE);
        }
        if handle.delete_on_close {
            let _ = state.delete(handle.boot, &handle.name, false);
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    buffer: *mut c_void,
    amount: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: the file is open, and the buffer has this length; SQLite's buffers are initialised or written only.
    let (handle, buffer) = unsafe {
        ptr::write_bytes(buffer.cast::<u8>(), 0, length(amount));
        let buffer = std::slice::from_raw_parts_mut(buffer.cast::<u8>(), length(amount));
        (handle(file), buffer)
    };
    let mut state = handle.disk.state();
    if state.powered(handle.boot).is_err() {
        return ffi::SQLITE_IOERR_READ;
    }
    match state.node(handle.node) {
        Ok(node) if node.file.read(offset(at), buffer) == buffer.len() => ffi::SQLITE_OK,
        Ok(_) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(_) => ffi::SQLITE_IOERR_READ,
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    amount: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: the file is open, and so many bytes are there.
    let (handle, bytes) = unsafe {
        let bytes = std::slice::from_raw_parts(bytes.cast::<u8>(), length(amount));
        (handle(file), bytes)
    };
    let file = (handle.node, handle.name.as_str());
    let done = handle
        .disk
        .state()
        .write(handle.boot, file, offset(at), bytes);
    answer(done, ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let done = handle
        .disk
        .state()
        .truncate(handle.boot, handle.node, offset(size));
    answer(done, ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let file = (handle.node, handle.name.as_str());
    let done = handle
        .disk
        .state()
        .sync(handle.boot, file, handle.folder_too);
    if done.is_ok() {
        handle.folder_too = false;
    }
    answer(done, ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(
    file: *mut ffi::sqlite3_file,
    size: *mut ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let mut state = handle.disk.state();
    if state.powered(handle.boot).is_err() {
        return ffi::SQLITE_IOERR_FSTAT;
    }
    match state.node(handle.node) {
        Ok(node) => {
            // SAFETY: SQLite gives a place for the number.
            unsafe { *size = i64::try_from(node.file.len()).unwrap_or(i64::MAX) };
            ffi::SQLITE_OK
        }
        Err(_) => ffi::SQLITE_IOERR_FSTAT,
    }
}

unsafe extern "C" fn lock_file(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let mut state = handle.disk.state();
    if state.powered(handle.boot).is_err() {
        return ffi::SQLITE_IOERR_LOCK;
    }
    match state
        .node(handle.node)
        .map(|node| node.locks.lock(handle.who, level))
    {
        Ok(Ok(())) => ffi::SQLITE_OK,
        Ok(Err(_)) => ffi::SQLITE_BUSY,
        Err(_) => ffi::SQLITE_IOERR_LOCK,
    }
}

unsafe extern "C" fn unlock_file(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let mut state = handle.disk.state();
    // Without power, all locks are gone already.
    if state.powered(handle.boot).is_ok()
        && let Ok(node) = state.node(handle.node)
    {
        node.locks.unlock(handle.who, level);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(
    file: *mut ffi::sqlite3_file,
    reserved: *mut c_int,
) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let mut state = handle.disk.state();
    let is_reserved = state
        .node(handle.node)
        .is_ok_and(|node| node.locks.is_reserved());
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *reserved = c_int::from(is_reserved) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

/// What SQLite assumes of a disk on Unix: that it writes so much at once at most.
unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

/// The same as on Unix: a write does not change bytes beside it, even if the power is cut.
unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    number: c_int,
    size: c_int,
    extend: c_int,
    place: *mut *mut c_void,
) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let shm = {
        let mut state = handle.disk.state();
        if state.powered(handle.boot).is_err() {
            return ffi::SQLITE_IOERR_SHMMAP;
        }
        let Ok(node) = state.node(handle.node) else {
            return ffi::SQLITE_IOERR_SHMMAP;
        };
        handle.shm.get_or_insert_with(|| node.shm())
    };
    let mut regions = shm.regions.lock().unwrap_or_else(PoisonError::into_inner);
    let number = length(number);
    while extend != 0 && regions.len() <= number {
        let region = (0..length(size).div_ceil(8)).map(|_| AtomicU64::new(0));
        regions.push(Region(region.collect()));
    }
    let region = regions.get(number);
    let region = region.map_or(ptr::null_mut(), |Region(region)| region.as_ptr().cast_mut());
    // SAFETY: SQLite gives a place for the pointer. A region stays where it is for as long as the handle has the memory;
    // atomics may be written through a shared pointer.
    unsafe { *place = region.cast() };
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let slots = length(first)..(length(first) + length(count)).min(lock::SHM_LOCKS);
    let Some(shm) = &handle.shm else {
        return ffi::SQLITE_IOERR_SHMLOCK;
    };
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        shm.unlock(handle.who, slots);
        return ffi::SQLITE_OK;
    }
    if handle.disk.state().powered(handle.boot).is_err() {
        return ffi::SQLITE_IOERR_SHMLOCK;
    }
    match shm.lock(handle.who, slots, flags & ffi::SQLITE_SHM_EXCLUSIVE != 0) {
        Ok(()) => ffi::SQLITE_OK,
        Err(_) => ffi::SQLITE_BUSY,
    }
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    if let Some(shm) = handle.shm.take() {
        shm.unlock(handle.who, 0..lock::SHM_LOCKS);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    sync_folder: c_int,
) -> c_int {
    // SAFETY: SQLite's names end with a zero.
    let Some((disk, name)) = unsafe { text(path) }.and_then(find) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    let mut state = disk.state();
    let boot = state.boot;
    if state.powered(boot).is_ok() && state.find(&name).is_none() {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    }
    answer(
        state.delete(boot, &name, sync_folder & 1 != 0),
        ffi::SQLITE_IOERR_DELETE,
    )
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    flags: c_int,
    there: *mut c_int,
) -> c_int {
    // SAFETY: SQLite's names end with a zero.
    let found = unsafe { text(path) }.and_then(find);
    let is_there = found.is_some_and(|(disk, name)| {
        let mut state = disk.state();
        let node = state.find(&name);
        // As on Unix, an empty file counts as none where SQLite asks whether there is one.
        node.and_then(|node| state.node(node).ok())
            .is_some_and(|node| flags != ffi::SQLITE_ACCESS_EXISTS || node.file.len() > 0)
    });
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *there = c_int::from(is_there) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    place: *mut c_char,
) -> c_int {
    // SAFETY: SQLite's names end with a zero, and there is so much room.
    unsafe {
        let bytes = CStr::from_ptr(path).to_bytes_with_nul();
        if bytes.len() > length(room) {
            return ffi::SQLITE_CANTOPEN;
        }
        ptr::copy_nonoverlapping(bytes.as_ptr().cast(), place, bytes.len());
    }
    ffi::SQLITE_OK
}

/// SQLite's own filesystem, for what has nothing to do with files.
///
/// # Safety
///
/// `vfs` is the one of [`install`].
unsafe fn usual(vfs: *mut ffi::sqlite3_vfs) -> *mut ffi::sqlite3_vfs {
    // SAFETY: `install` has put it there.
    unsafe { (*vfs).pAppData.cast() }
}

unsafe extern "C" fn randomness(
    vfs: *mut ffi::sqlite3_vfs,
    count: c_int,
    place: *mut c_char,
) -> c_int {
    // SAFETY: SQLite's own arguments, for SQLite's own method.
    unsafe {
        let usual = usual(vfs);
        (*usual)
            .xRandomness
            .map_or(0, |call| call(usual, count, place))
    }
}

unsafe extern "C" fn sleep(vfs: *mut ffi::sqlite3_vfs, micros: c_int) -> c_int {
    // SAFETY: SQLite's own arguments, for SQLite's own method.
    unsafe {
        let usual = usual(vfs);
        (*usual).xSleep.map_or(0, |call| call(usual, micros))
    }
}

unsafe extern "C" fn current_time(vfs: *mut ffi::sqlite3_vfs, place: *mut f64) -> c_int {
    // SAFETY: SQLite's own arguments, for SQLite's own method.
    unsafe {
        let usual = usual(vfs);
        (*usual)
            .xCurrentTime
            .map_or(ffi::SQLITE_ERROR, |call| call(usual, place))
    }
}

unsafe extern "C" fn current_time_int64(
    vfs: *mut ffi::sqlite3_vfs,
    place: *mut ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite's own arguments, for SQLite's own method.
    unsafe {
        let usual = usual(vfs);
        (*usual)
            .xCurrentTimeInt64
            .map_or(ffi::SQLITE_ERROR, |call| call(usual, place))
    }
}

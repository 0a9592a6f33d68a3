//! Values that are gathered from many events, for one statement that takes them as arrays.

use bytes::{BufMut, BytesMut};
use eventsource_core::Position;
use tokio_postgres::Statement;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type};

use crate::sent::Encoded;

type BoxError = Box<dyn std::error::Error + Sync + Send>;

/// The most rows of one statement.
const MOST: usize = 4_096;

/// The values so far.
pub(crate) struct Gathered {
    pub(crate) sql: String,
    pub(crate) statement: Statement,
    columns: Vec<Column>,
    rows: usize,
    /// The event of the first row.
    pub(crate) first: Position,
}

/// The values of one parameter, as the elements of an array.
struct Column {
    element: Type,
    has_null: bool,
    elements: BytesMut,
}

impl Gathered {
    /// None yet. The error says which parameter is no array.
    pub(crate) fn new(
        sql: String,
        statement: Statement,
        first: Position,
    ) -> Result<Self, BoxError> {
        let column = |(number, kind): (usize, &Type)| match kind.kind() {
            Kind::Array(element) => Ok(Column {
                element: element.clone(),
                has_null: false,
                elements: BytesMut::new(),
            }),
            _ => Err(format!(
                "${} is `{kind}`, and what is gathered is bound as arrays: write `${0}::{kind}[]`",
                number + 1
            )),
        };
        let columns = statement.params().iter().enumerate().map(column);
        let columns = columns.collect::<Result<_, String>>()?;
        Ok(Self {
            sql,
            statement,
            columns,
            rows: 0,
            first,
        })
    }

    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows >= MOST
    }

    /// Adds one row, whose values are as many as there are parameters.
    pub(crate) fn push(&mut self, values: &[&(dyn ToSql + Sync)]) -> Result<(), BoxError> {
        // All or none, so that the arrays stay of one length.
        let encode = |(value, column): (&&(dyn ToSql + Sync), &Column)| {
            let mut bytes = BytesMut::new();
            Ok(match value.to_sql_checked(&column.element, &mut bytes)? {
                IsNull::Yes => None,
                IsNull::No => Some((i32::try_from(bytes.len())?, bytes)),
            })
        };
        let encoded: Vec<_> = values
            .iter()
            .zip(&self.columns)
            .map(encode)
            .collect::<Result<_, BoxError>>()?;
        for (column, value) in self.columns.iter_mut().zip(encoded) {
            match value {
                Some((length, bytes)) => {
                    column.elements.put_i32(length);
                    column.elements.put_slice(&bytes);
                }
                None => {
                    column.has_null = true;
                    column.elements.put_i32(-1);
                }
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// The arrays, as PostgreSQL's binary format has them: the number of dimensions, whether there is a NULL, the type of the
    /// elements, the length, the first index, and each element after its length.
    pub(crate) fn arrays(self) -> (Statement, Vec<Encoded>) {
        let rows = i32::try_from(self.rows).unwrap_or(i32::MAX);
        let array = |column: Column| {
            let mut bytes = BytesMut::with_capacity(20 + column.elements.len());
            bytes.put_i32(1);
            bytes.put_i32(column.has_null.into());
            bytes.put_u32(column.element.oid());
            bytes.put_i32(rows);
            bytes.put_i32(1);
            bytes.put_slice(&column.elements);
            Encoded::of(bytes)
        };
        let arrays = self.columns.into_iter().map(array).collect();
        (self.statement, arrays)
    }
}

using Google.Protobuf;
using Microsoft.Data.Sqlite;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent;

/// <summary>The task database in one SQLite file. A killed process loses nothing; a power cut may lose the last moments, which the managers then send again.</summary>
public sealed class TaskDatabase : ITaskDatabase
{
    private readonly SqliteConnection _connection;
    private readonly Lock _lock = new();

    /// <summary>Opens or makes the file.</summary>
    /// <exception cref="InvalidDataException">The file is not a task database.</exception>
    public TaskDatabase(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        try
        {
            _connection.Open();
            Execute("PRAGMA journal_mode=WAL");
            Execute("PRAGMA synchronous=NORMAL");
            Execute("CREATE TABLE IF NOT EXISTS tasks (id TEXT PRIMARY KEY, task BLOB NOT NULL, status BLOB) WITHOUT ROWID");
        }
        catch (SqliteException e)
        {
            _connection.Dispose();
            throw new InvalidDataException($"{file} is not a task database: {e.Message}", e);
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<SwarmTask> Load()
    {
        lock (_lock)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "SELECT task, status FROM tasks";
            using var reader = command.ExecuteReader();
            var tasks = new List<SwarmTask>();
            while (reader.Read())
            {
                var task = SwarmTask.Parser.ParseFrom((byte[])reader[0]);
                if (reader[1] is byte[] status)
                {
                    task.Status = SwarmTaskStatus.Parser.ParseFrom(status);
                }

                tasks.Add(task);
            }

            return tasks;
        }
    }

    /// <inheritdoc />
    public void Save(IReadOnlyList<SwarmTask> tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        lock (_lock)
        {
            using var transaction = _connection.BeginTransaction();
            using var command = _connection.CreateCommand();
            command.CommandText = "INSERT INTO tasks (id, task) VALUES ($id, $task) ON CONFLICT (id) DO UPDATE SET task = excluded.task";
            var id = command.Parameters.Add("$id", SqliteType.Text);
            var content = command.Parameters.Add("$task", SqliteType.Blob);
            foreach (var task in tasks)
            {
                id.Value = task.Id;
                content.Value = task.ToByteArray();
                command.ExecuteNonQuery();
            }

            transaction.Commit();
        }
    }

    /// <inheritdoc />
    public void SaveStatus(string taskId, SwarmTaskStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        lock (_lock)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "UPDATE tasks SET status = $status WHERE id = $id";
            command.Parameters.AddWithValue("$status", status.ToByteArray());
            command.Parameters.AddWithValue("$id", taskId);
            command.ExecuteNonQuery();
        }
    }

    /// <inheritdoc />
    public void Delete(string taskId)
    {
        lock (_lock)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "DELETE FROM tasks WHERE id = $id";
            command.Parameters.AddWithValue("$id", taskId);
            command.ExecuteNonQuery();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _connection.Dispose();

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Only constants come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}

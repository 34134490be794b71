using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Agent;

public sealed class TaskDatabaseTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tasks").FullName;

    private string File => Path.Combine(_directory, "worker", "tasks.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void AT_I7_Storage_WhatIsSaved_IsThereAfterReopening()
    {
        var task = Assignments.Task();
        var status = new SwarmTaskStatus { State = TaskState.Running, Message = "started", Container = new ContainerStatus { ContainerId = "c1" } };
        using (var database = new TaskDatabase(File))
        {
            database.Save([task, Assignments.Task("t2"), Assignments.Task("t3")]);
            database.SaveStatus("t1", status);
            database.Delete("t2");
        }

        using var again = new TaskDatabase(File);
        var loaded = again.Load().OrderBy(t => t.Id, StringComparer.Ordinal).ToList();
        var expected = task.Clone();
        expected.Status = status;
        Assert.Equal([expected, Assignments.Task("t3")], loaded);
    }

    [Fact]
    public void AT_I7_Storage_AssignmentOfAKnownTask_KeepsItsStatus()
    {
        using var database = new TaskDatabase(File);
        database.Save([Assignments.Task()]);
        database.SaveStatus("t1", new SwarmTaskStatus { State = TaskState.Running });
        database.Save([Assignments.Task(desired: TaskState.Shutdown)]);
        var task = Assert.Single(database.Load());
        Assert.Equal((TaskState.Shutdown, TaskState.Running), (task.DesiredState, task.Status.State));
    }

    [Fact]
    public void AT_I7_Storage_StatusOfAForgottenTask_DoesNotBringItBack()
    {
        using var database = new TaskDatabase(File);
        database.Save([Assignments.Task()]);
        database.Delete("t1");
        database.SaveStatus("t1", new SwarmTaskStatus { State = TaskState.Running });
        database.Delete("never known");
        Assert.Empty(database.Load());
    }

    [Fact]
    public void FileThatIsNoDatabase_IsRefusedByName()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, new string('x', 5000));
        var error = Assert.Throws<InvalidDataException>(() => new TaskDatabase(File));
        Assert.StartsWith($"{File} is not a task database: ", error.Message, StringComparison.Ordinal);
        Assert.Equal(new string('x', 5000), System.IO.File.ReadAllText(File));
    }
}

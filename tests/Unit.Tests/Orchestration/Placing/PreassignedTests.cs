using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration.Placing;

public sealed class PreassignedTests
{
    private readonly SchedulerWorld _world = new();

    [Fact]
    public void AT_SCH_12_PreassignedTasks_ComeFirst_AndAreCounted()
    {
        _world.Node("n1");
        _world.Node("n2");
        var free = _world.Wait();
        var bound = new[] { _world.Wait(change: t => t.NodeId = "n1"), _world.Wait(change: t => t.NodeId = "n1") };
        _world.Plan();
        Assert.All(bound, t => Assert.Equal(
            ("n1", TaskState.Assigned, "scheduler confirmed task can run on preassigned node"),
            (_world.NodeOf(t), _world.Find(t).Status.State, _world.Find(t).Status.Message)));
        Assert.Equal("n2", _world.NodeOf(free));
    }

    [Fact]
    public void AT_SCH_12_PreassignedTask_WaitsForItsNode_WithTheBareReason()
    {
        var task = _world.Wait(change: t =>
        {
            t.NodeId = "n1";
            SchedulerWorld.Reserving(memory: 1_000)(t);
        });
        Assert.Empty(_world.Plan());
        Assert.Equal(1, _world.Scheduler.Waiting);
        _world.Node("n1", n => n.Description.Resources.MemoryBytes = 1);
        Assert.Single(_world.Plan());
        Assert.Equal("insufficient resources on 1 node", _world.ErrorOf(task));
        _world.Node("n2");
        Assert.Empty(_world.Plan());
        _world.Node("n1");
        Assert.Equal(PlacementOutcome.Confirmed, Assert.Single(_world.Plan()).Outcome);
        Assert.Equal(0, _world.Scheduler.Waiting);
    }

    [Theory]
    [InlineData(TaskState.Shutdown)]
    [InlineData(TaskState.Remove)]
    public void AT_SCH_12_PendingTasksToBeStopped_AreIgnoredAtTheStart(TaskState desired)
    {
        _world.Node("n1");
        _world.Wait(change: t => t.DesiredState = desired);
        _world.Wait(change: t => (t.DesiredState, t.NodeId) = (desired, "n1"));
        Assert.False(_world.Scheduler.HasWork && _world.Scheduler.Waiting > 0);
        Assert.Empty(_world.Plan());
    }

    [Fact]
    public void AT_SCH_11_TaskThatIsRemoved_LeavesTheQueue()
    {
        var task = _world.Wait();
        _world.Plan();
        Assert.Equal(1, _world.Scheduler.Waiting);
        _world.Remove(task);
        Assert.Equal(0, _world.Scheduler.Waiting);
        _world.Node("n1");
        Assert.Empty(_world.Plan());
    }

    [Fact]
    public void AT_SCH_13_UnschedulableTask_ThatIsToStop_IsShutDown()
    {
        _world.Node("n1");
        _world.Run("n1", 1, change: t => t.Spec.Placement.MaxReplicas = 1);
        var task = _world.Wait(change: t => t.Spec.Placement.MaxReplicas = 1);
        _world.Plan();
        Assert.Equal("no suitable node (max replicas per node limit exceed)", _world.ErrorOf(task));
        _world.Change(task, t => t.DesiredState = TaskState.Shutdown);
        Assert.True(_world.Scheduler.HasWork);
        Assert.Equal(PlacementOutcome.Stopped, Assert.Single(_world.Plan()).Outcome);
        Assert.Equal((TaskState.Shutdown, ""), (_world.Find(task).Status.State, _world.ErrorOf(task)));
        Assert.Equal(0, _world.Scheduler.Waiting);
    }

    [Fact]
    public void WaitingTask_OfAnOlderSpecVersion_IsPlacedWhileItIsWanted()
    {
        var old = _world.Wait(change: t => t.SpecVersion.Index = 1);
        var newer = _world.Wait(change: t => t.SpecVersion.Index = 2);
        Assert.Equal(2, _world.Plan().Count);
        _world.Node("n1");
        _world.Plan();
        Assert.Equal(["n1", "n1"], new[] { old, newer }.Select(_world.NodeOf));
    }

    [Fact]
    public void StoppedTask_ThatChangedMeanwhile_IsShutDownAsItIsNow_OrForgotten()
    {
        var tasks = _world.Wait(2);
        _world.Plan();
        foreach (var task in tasks)
        {
            _world.Change(task, t => t.DesiredState = TaskState.Shutdown);
        }

        foreach (var refused in _world.Scheduler.Plan(_world.Now))
        {
            _world.Scheduler.Undo(refused);
        }

        _world.Remove(tasks[0]);
        var changed = _world.Change(tasks[1], t => t.Status.Message = "changed");
        Assert.Same(changed, Assert.Single(_world.Plan()).Task);
        Assert.Empty(_world.Plan());
    }

    [Fact]
    public void Undo_LetsTheTaskWaitAgain_WhateverWasDecided()
    {
        _world.Node("n1");
        var bound = _world.Wait(change: t => t.NodeId = "n1");
        var free = _world.Wait();
        var stuck = _world.Wait("stuck", SchedulerWorld.Reserving(99));
        var decisions = _world.Scheduler.Plan(_world.Now);
        Assert.Equal([bound.Id, free.Id, stuck.Id], decisions.Select(d => d.Task.Id));
        foreach (var decision in decisions)
        {
            _world.Scheduler.Undo(decision);
        }

        Assert.Equal(3, _world.Scheduler.Waiting);
        Assert.True(_world.Scheduler.HasWork);
        Assert.Equal([bound.Id, free.Id, stuck.Id], _world.Plan().Select(d => d.Task.Id));
    }

    [Fact]
    public void Decided_EveryFieldOfTheTask_IsKept()
    {
        var task = new SwarmTask();
        Fill(task, 1);
        var decided = new PlacementDecision(task, SchedulerWorld.NodeOf("n9"), "").Decided(Timestamp.FromDateTimeOffset(SchedulerWorld.Start));
        var expected = task.Clone();
        (expected.NodeId, expected.Status) = ("n9", decided.Status);
        Assert.Equal(expected, decided);
    }

    private static void Fill(IMessage message, int depth)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(f => !f.IsMap))
        {
            if (field.IsRepeated)
            {
                ((System.Collections.IList)field.Accessor.GetValue(message)).Add(Value(field, depth));
            }
            else if (field.RealContainingOneof is null)
            {
                field.Accessor.SetValue(message, Value(field, depth));
            }
        }
    }

    private static object Value(FieldDescriptor field, int depth)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                var message = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                if (depth > 0)
                {
                    Fill(message, depth - 1);
                }

                return message;
            case FieldType.String:
                return field.Name;
            case FieldType.Bytes:
                return ByteString.CopyFromUtf8(field.Name);
            case FieldType.Bool:
                return true;
            case FieldType.Enum:
                return System.Enum.ToObject(field.EnumType.ClrType, field.EnumType.Values[^1].Number);
            default:
                var type = field.FieldType switch
                {
                    FieldType.UInt64 => typeof(ulong),
                    FieldType.UInt32 => typeof(uint),
                    FieldType.Int32 or FieldType.SInt32 => typeof(int),
                    FieldType.Float => typeof(float),
                    FieldType.Double => typeof(double),
                    _ => typeof(long),
                };
                return Convert.ChangeType(field.FieldNumber, type, CultureInfo.InvariantCulture);
        }
    }
}

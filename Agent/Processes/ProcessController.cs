using System.Diagnostics;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent.Processes;

/// <summary>One task as a process. All it knows is in the task's directory, so that it works the same after a restart of the agent.</summary>
internal sealed class ProcessController(SwarmTask task, TaskFiles files, string directory, TimeProvider time) : ITaskController
{
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);

    private readonly ProcessFiles _files = new(directory);
    private readonly ContainerSpec _spec = task.Spec.Container;
    private readonly ProcessLimits _limits = new(task);

    public Task UpdateAsync(SwarmTask task, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        if (_spec.Dir.Length > 0 && !Directory.Exists(_spec.Dir))
        {
            throw new TaskException($"working directory {_spec.Dir} does not exist");
        }

        await files.WriteAsync(cancellationToken);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!_files.HasBegun)
        {
            Launch();
        }

        // The shim tells its process's number as the last thing before it waits for it.
        var began = time.GetTimestamp();
        while (_files.ProcessId is null)
        {
            if (time.GetElapsedTime(began) > StartPatience)
            {
                throw new TaskException("the process could not be started");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), time, cancellationToken);
        }
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (_files.ExitCode is null)
        {
            if (!_files.IsShimAlive && _files.ExitCode is null)
            {
                throw new TaskException("the task's process and its shim were killed");
            }

            await Task.Delay(PollPeriod, time, cancellationToken);
        }

        if (_files.ExitCode is { } code and not 0)
        {
            var cause = _files.Error is { } error ? $": {error}" : "";
            throw new TaskException($"task: non-zero exit ({code}){cause}", exitCode: code);
        }
    }

    public async Task ShutdownAsync(CancellationToken cancellationToken)
    {
        if (!_files.HasBegun || _files.ExitCode is not null || !_files.IsShimAlive)
        {
            return;
        }

        var grace = _spec.StopGracePeriod?.ToTimeSpan() ?? DefaultGrace;
        Signal(UnixSignals.Parse(_spec.StopSignal) ?? UnixSignals.Terminate);
        if (!await EndsWithinAsync(grace, cancellationToken))
        {
            Signal(UnixSignals.Kill);
            if (!await EndsWithinAsync(KillPatience, cancellationToken))
            {
                throw new TaskException("the task's process does not end although it was killed", isTemporary: true);
            }
        }
    }

    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await ShutdownAsync(cancellationToken);
        _limits.Remove();
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    public Task<ContainerStatus?> GetStatusAsync(CancellationToken cancellationToken) => Task.FromResult<ContainerStatus?>(
        _files.ProcessId is { } id ? new ContainerStatus { ContainerId = task.Id, Pid = id, ExitCode = _files.ExitCode ?? 0 } : null);

    public Task<PortStatus?> GetPortsAsync(CancellationToken cancellationToken) => Task.FromResult(
        HostPorts.Of(task).ToList() is { Count: > 0 } ports ? new PortStatus { Ports = { ports } } : null);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Launch()
    {
        Directory.CreateDirectory(directory);
        var start = new ProcessStartInfo("setsid") { UseShellExecute = false };
        string[] shim = ["--fork", "/bin/sh", "-c", ShimScript.Text, "shim", directory, _spec.Dir.Length > 0 ? _spec.Dir : "/", _limits.Apply(), UserAndGroup()];
        foreach (var argument in shim.Concat(_spec.Command).Concat(_spec.Args))
        {
            start.ArgumentList.Add(argument);
        }

        AddDirectory(start, "SWARM_SECRETS_DIR", files.SecretsDirectory, files.Secrets);
        AddDirectory(start, "SWARM_CONFIGS_DIR", files.ConfigsDirectory, files.Configs);
        foreach (var variable in _spec.Env)
        {
            var equals = variable.IndexOf('=', StringComparison.Ordinal);
            start.Environment[equals < 0 ? variable : variable[..equals]] = equals < 0 ? "" : variable[(equals + 1)..];
        }

        try
        {
            using var process = Process.Start(start) ?? throw new TaskException("the process could not be started");
            process.WaitForExit();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new TaskException($"the process could not be started: {e.Message}", inner: e);
        }
    }

    private static void AddDirectory(ProcessStartInfo start, string variable, string directory, IReadOnlyList<TaskFile> content)
    {
        if (content.Count > 0)
        {
            start.Environment[variable] = directory;
        }
    }

    private string UserAndGroup() => _spec.User.Length == 0 ? "" : _spec.User.Contains(':', StringComparison.Ordinal) ? _spec.User : $"{_spec.User}:{_spec.User}";

    private void Signal(int signal)
    {
        if (_files.ProcessId is { } id)
        {
            UnixSignals.SendToGroup(id, signal);
        }
    }

    private async Task<bool> EndsWithinAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (_files.ExitCode is null && _files.IsShimAlive)
        {
            if (time.GetElapsedTime(began) > limit)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellationToken);
        }

        return true;
    }
}
